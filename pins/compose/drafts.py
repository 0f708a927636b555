"""Write Pins: drafts, their words, board and pictures. Nothing here leaves the process."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from pins.errors import Invalid, WrongState
from pins.models import Media, Pin, PinMedia, Status
from pins.models.pin import EDITABLE, WORDS
from pins.rules import preflight

if TYPE_CHECKING:
    from accounts.models import Board, BoardSection, PinterestAccount, User, Workspace


REMOVED: Final = "A picture was removed, as no Pin had used it for a week. Upload it again."


@dataclass(frozen=True, slots=True)
class Content:
    """What a Pin says and where it goes. The rows must be of the Pin's own workspace: doors look them up."""

    account: PinterestAccount | None = None
    board: Board | None = None
    section: BoardSection | None = None
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""

    def values(self) -> dict[str, Any]:
        """As it is stored: its words as they are read."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return found | preflight.as_read({name: found[name] for name in WORDS})


def content_of(pin: Pin) -> Content:
    return Content(**{field.name: getattr(pin, field.name) for field in dataclasses.fields(Content)})


def misplaced(content: Content) -> list[preflight.Problem]:
    account = content.account.pk if content.account else None
    return preflight.misplaced(account, content.board, content.section)


def create(
    workspace: Workspace,
    *,
    content: Content,
    media: Sequence[Media] = (),
    user: User | None,
    parent: str = "",
) -> Pin:
    """A new draft. With `parent` the save of that Pin on Pinterest, whose words and picture it has."""
    shown = _as_known(workspace, parent) if parent else {}
    values = content.values() | shown | {"parent_pinterest_id": parent}
    # One transaction: a Pin never stands there without the pictures it was made with.
    with transaction.atomic():
        pin = Pin.objects.create(workspace=workspace, created_by=user, **values)
        _attach(pin, media)
    return pin


def _as_known(workspace: Workspace, pinterest_id: str) -> dict[str, str]:
    """What is known here of a Pin on Pinterest: its save is recognised by it, until Pinterest says more."""
    return Pin.objects.known(workspace, pinterest_id).values(*WORDS, "live_image_url").first() or {}


def change(pin: Pin, *, content: Content, media: Sequence[Media] | None = None) -> None:
    """Replace what an editable Pin says.

    Raises WrongState when it's being published or is out already; Invalid when it is scheduled and the new
    content would be refused by Pinterest. A draft takes anything: half-written words must not be lost.
    """
    # One transaction: a refusal leaves the Pin as it was. Locked: a Pin that somebody queues meanwhile would
    # be refused by the database, which has no words for it.
    with transaction.atomic():
        locked = Pin.objects.select_for_update().filter(pk=pin.pk, status__in=EDITABLE).first()
        if locked is None:
            raise WrongState("This Pin can’t be changed: it is being published or is out already.")
        if media is not None:
            _attach(pin, media)
        for name, value in content.values().items():
            setattr(locked, name, value)
        if locked.status == Status.SCHEDULED and (found := problems(locked)):
            raise Invalid(found)
        if locked.status == Status.SCHEDULED and content.account and content.account.pk != pin.account_id:
            check_room(content.account)
        Pin.objects.filter(pk=pin.pk).update(**content.values(), updated_at=Now())
    for name, value in content.values().items():
        setattr(pin, name, value)
    pin._prefetched_objects_cache = {}  # type: ignore[attr-defined]  # what it showed is old now
    pin.__dict__.pop("cover", None)


def _attach(pin: Pin, media: Sequence[Media]) -> None:
    """These pictures, and no others. Raises Invalid for one that is being removed, as nothing used it."""
    links = PinMedia.objects.filter(pin=pin)
    shown, wanted = set(links.values_list("media_id", flat=True)), {one.pk for one in media}
    # Locked in one order: unused.py takes no picture that is locked, and we none that it has marked.
    pictures = Media.objects.filter(pk__in=shown | wanted, removing_since=None).order_by("pk")
    there = set(pictures.select_for_update(no_key=True).values_list("pk", flat=True))
    if not wanted <= there:
        raise Invalid.at("media", "removed", REMOVED)
    Media.objects.filter(pk__in=shown - wanted).update(released_at=Now())
    links.delete()
    PinMedia.objects.bulk_create(
        PinMedia(pin=pin, media=one, position=position) for position, one in enumerate(media)
    )


def problems(pin: Pin) -> list[preflight.Problem]:
    """What Pinterest would refuse of this Pin, or what is missing to publish it. One list for every door."""
    if pin.is_save:  # the rest is on Pinterest already
        return preflight.check_board(pin.board) + preflight.check_section(pin.section)
    return preflight.check_pin(
        title=pin.title,
        description=pin.description,
        link=pin.link,
        alt_text=pin.alt_text,
        board=pin.board,
        section=pin.section,
        media=[link.media.condition for link in pin.media_links.all()],
    )


def check_room(account: PinterestAccount) -> None:
    """Raises Invalid when as many of its Pins wait as may.

    Counted without a lock, up to the bound and no further: doors that ask at the same instant may pass it by
    one each, which harms nobody.
    """
    most = settings.WAITING_PINS_PER_ACCOUNT
    if Pin.objects.waiting_for(account)[most - 1 : most].exists():
        message = (
            f"{most:,} Pins of {account} wait already, the most that may. Schedule more when some of them "
            "are out, or take some out of the queue."
        )
        raise Invalid.at("publish_at", "too_many_waiting", message)


def discard(pin: Pin) -> Status:
    """Delete a Pin that isn't live; answers what it was, for undo. Raises WrongState."""
    old = Status(pin.status)
    allowed = (Status.DRAFT, Status.IN_APPROVAL, Status.SCHEDULED, Status.FAILED)
    if old not in allowed or not Pin.objects.move(pin.pk, old, Status.DELETED, due_at=None):
        raise WrongState("This Pin can’t be deleted here: it is being published or is out already.")
    return old


def restore(pin: Pin) -> None:
    """Undo of discard: back as a draft. What was deleted from Pinterest stays deleted."""
    never_out = Pin.objects.filter(pinterest_id="")
    if not never_out.move(pin.pk, Status.DELETED, Status.DRAFT):
        raise WrongState("This Pin can’t be brought back.")
