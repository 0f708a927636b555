"""Pins: compose, schedule, look at, delete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Query, Router
from ninja import Status as Answer

from accounts import clock
from accounts.models import Board, BoardSection, PinterestAccount, Workspace
from accounts.rest import idempotency
from accounts.rest.bearer import ApiRequest, editor, viewer
from accounts.rest.errors import ERRORS, NOT_AVAILABLE_YET, ApiError, ErrorOut
from accounts.rest.fields import (
    Kind,
    unknown,
)
from accounts.rest.pages import Order, Window, cut
from pins import enqueue
from pins.api import rows
from pins.api.shapes import (
    AnyPinOut,
    AttemptOut,
    AttemptsOut,
    NewPin,
    PinChanges,
    PinFilters,
    PinOut,
    PinsOut,
    Schedule,
)
from pins.compose import drafts
from pins.errors import Invalid
from pins.live import changes as on_pinterest
from pins.models import Attempt, LiveChange, Media, Pin, Status
from pins.models.pin import WORDS, PinQuerySet
from pins.rules import preflight
from pins.schedule import queue

router = Router(tags=["pins"])

PINS: Final = Order("pins", "pk", descending=True)
ATTEMPTS: Final = Order("attempts", "pk")
SOON: Final = timedelta(seconds=15)  # as far ahead as the dispatcher claims

NOT_YET_SEVERAL: Final = "Several pictures in one Pin are not available yet. Send one."
OF_THE_SAVED: Final = (*WORDS, "media")
HAS_ITS_WORDS: Final = "A save has the words and the picture of the Pin that it saves. Leave this out."
STAYS: Final = {
    "account": "A Pin that is on Pinterest stays with its account.",
    "media": "The picture of a Pin that is on Pinterest can’t be changed. Make a new Pin.",
    "publish_at": "This Pin is out already.",
}


@router.post("", response={201: AnyPinOut, ERRORS: ErrorOut}, auth=editor)
def create_pin(request: ApiRequest, body: NewPin) -> HttpResponse:
    """Make a Pin: a draft, or with `publish_at` one that is queued, or refused as a whole.

    With `parent_pinterest_id` it is a save of that Pin.
    """

    def create() -> AnyPinOut:
        workspace, now = request.auth.workspace, clock.now()
        given, pictures = _rows(workspace, body), _pictures(workspace, body)
        if body.parent_pinterest_id:
            _refuse(_own_words(name for name in OF_THE_SAVED if getattr(body, name)))
        content = drafts.Content(**given)
        _refuse(drafts.misplaced(content))
        if body.publish_at is None:
            _refuse(_certain(given, pictures))
        pin = queue.create(
            workspace,
            content=content,
            media=pictures,
            user=request.auth.user,
            at=body.publish_at,
            now=now,
            parent=body.parent_pinterest_id or "",
        )
        return _told(pin, now)

    return idempotency.once(request, create, status=201)


@router.get("", response={200: PinsOut, ERRORS: ErrorOut}, auth=viewer)
def list_pins(request: ApiRequest, filters: Query[PinFilters]) -> PinsOut:
    """Pins, newest first."""
    found = _shown(_filtered(request.auth.workspace, filters))
    page = cut(request, filters, found, PINS)
    return PinsOut(items=[PinOut.of(pin) for pin in page.rows], next=page.next)


@router.get("/{pin_id}", response={200: AnyPinOut, ERRORS: ErrorOut}, auth=viewer)
def get_pin(request: ApiRequest, pin_id: str) -> AnyPinOut:
    return PinOut.of(_pin(request, pin_id))


@router.patch("/{pin_id}", response={200: AnyPinOut, 202: AnyPinOut, ERRORS: ErrorOut}, auth=editor)
def change_pin(request: ApiRequest, pin_id: str, body: PinChanges) -> Answer[AnyPinOut]:
    """Change what is given. Another board without a section takes the Pin out of its old board's section.

    Of a Pin that is on Pinterest, words, board and section are changed there (202): until that is done the
    Pin says what it said, and `reason` how the change stands.
    """
    pin, now = _pin(request, pin_id), clock.now()
    _refuse_null(body)
    if pin.status == Status.PUBLISHED:
        change = on_pinterest.change(pin, given=_changeable(pin, body), user=request.auth.user, now=now)
        return _accepted(pin, change)
    if pin.is_save:
        _refuse(_own_words(_unlike(pin, body, OF_THE_SAVED)))
    workspace = request.auth.workspace
    given = _moved(pin, _rows(workspace, body))
    if pin.is_save:  # what it says it says already
        given, pictures = {name: row for name, row in given.items() if name not in OF_THE_SAVED}, None
    else:
        pictures = _pictures(workspace, body) if "media" in body.model_fields_set else None
    _refuse(_certain(given, pictures))
    queue.amend(
        pin,
        given=given,
        media=pictures,
        reschedule="publish_at" in body.model_fields_set,
        at=body.publish_at,
        now=now,
    )
    return Answer(200, _told(pin, now))


@router.delete("/{pin_id}", response={202: AnyPinOut, 204: None, ERRORS: ErrorOut}, auth=editor)
def delete_pin(request: ApiRequest, pin_id: str, live: bool = False) -> Answer[AnyPinOut | None]:
    """Delete a Pin here. One that is on Pinterest needs `live=true`, and is deleted there (202).

    Until that is done it can be read, and `reason` says how it stands; then it is gone.
    """
    pin = _pin(request, pin_id)
    if pin.status != Status.PUBLISHED:
        drafts.discard(pin)
        return Answer(204, None)
    if not live:
        raise ApiError(409, "live", "This Pin is on Pinterest. Add ?live=true to delete it there as well.")
    return _accepted(pin, on_pinterest.delete(pin, user=request.auth.user, now=clock.now()))


@router.post("/{pin_id}/schedule", response={200: AnyPinOut, ERRORS: ErrorOut}, auth=editor)
def schedule_pin(request: ApiRequest, pin_id: str, body: Schedule) -> HttpResponse:
    """Queue a Pin, or move it to another time."""

    def act() -> AnyPinOut:
        pin, now = _pin(request, pin_id), clock.now()
        queue.schedule(pin, at=body.publish_at, now=now)
        return _told(pin, now)

    return idempotency.once(request, act)


@router.post("/{pin_id}/unschedule", response={200: AnyPinOut, ERRORS: ErrorOut}, auth=editor)
def unschedule_pin(request: ApiRequest, pin_id: str) -> HttpResponse:
    """Take a Pin out of the queue: it is a draft again."""

    def act() -> AnyPinOut:
        pin = _pin(request, pin_id)
        queue.unschedule(pin)
        return _told(pin, clock.now())

    return idempotency.once(request, act)


@router.post("/{pin_id}/retry", response={200: AnyPinOut, ERRORS: ErrorOut}, auth=editor)
def retry_pin(request: ApiRequest, pin_id: str) -> HttpResponse:
    """Queue a failed Pin again, at once; and fetch its picture again, if that was given by address and could
    not be had so far, also of a Pin that is queued or a draft."""

    def act() -> AnyPinOut:
        pin, now = _pin(request, pin_id), clock.now()
        queue.retry(pin, now=now)
        enqueue.fetch()
        return _told(pin, now)

    return idempotency.once(request, act)


@router.get("/{pin_id}/attempts", response={200: AttemptsOut, ERRORS: ErrorOut}, auth=viewer)
def list_attempts(request: ApiRequest, pin_id: str, window: Query[Window]) -> AttemptsOut:
    """Every try at publishing this Pin, oldest first."""
    pin = rows.at(Pin.objects.of(request.auth.workspace), "pin", pin_id)
    page = cut(request, window, Attempt.objects.filter(pin=pin), ATTEMPTS)
    return AttemptsOut(items=[AttemptOut.of(attempt) for attempt in page.rows], next=page.next)


def _pin(request: ApiRequest, pin_id: str) -> Pin:
    return rows.at(_shown(Pin.objects.of(request.auth.workspace)), "pin", pin_id)


def _shown(pins: PinQuerySet) -> PinQuerySet:
    """With all that PinOut tells."""
    return pins.with_parts().prefetch_related(LiveChange.objects.for_pins())


def _told(pin: Pin, now: datetime) -> AnyPinOut:
    """The Pin as it is now; and the dispatcher learns of it if its time is near."""
    fresh = _shown(Pin.objects.all()).get(pk=pin.pk)
    if fresh.status == Status.SCHEDULED and fresh.due_at is not None and fresh.due_at <= now + SOON:
        enqueue.nudge_dispatcher()
    return PinOut.of(fresh)


def _accepted(pin: Pin, change: LiveChange | None) -> Answer[Any]:
    """The Pin as it is on Pinterest so far; and the workers learn of the change."""
    if change is not None:
        enqueue.carry_out(change.pk)
    return Answer(202, PinOut.of(_shown(Pin.objects.all()).get(pk=pin.pk)))


def _filtered(workspace: Workspace, filters: PinFilters) -> Any:
    found = Pin.objects.of(workspace)
    if filters.status is not None:
        found = found.filter(status=filters.status)
    if filters.account is not None:
        accounts = PinterestAccount.objects.filter(workspace=workspace)
        found = found.filter(account=rows.named(accounts, "account", "acc", filters.account))
    if filters.board is not None:
        boards = Board.objects.filter(account__workspace=workspace)
        found = found.filter(board=rows.named(boards, "board", "brd", filters.board))
    return _within(found, filters).search(filters.q)


def _within(found: Any, filters: PinFilters) -> Any:
    first, end = filters.from_, filters.to
    if first is not None and end is not None and first > end:
        raise ApiError.at("to", "This is before `from`.")
    if first is not None:
        found = found.filter(publish_at__gte=first)
    return found if end is None else found.filter(publish_at__lt=end)


# What a body names, as rows of the workspace ---------------------------------------------------------------


def _rows(workspace: Workspace, body: NewPin | PinChanges) -> dict[str, Any]:
    """Of the fields that were sent: those that drafts.Content has."""
    given = body.model_dump(include=body.model_fields_set - {"media", "publish_at", "parent_pinterest_id"})
    sources: tuple[tuple[str, Kind, QuerySet[Any]], ...] = (
        ("account", "acc", PinterestAccount.objects.connected().filter(workspace=workspace)),
        ("board", "brd", Board.objects.filter(account__workspace=workspace)),
        ("section", "sec", BoardSection.objects.filter(board__account__workspace=workspace)),
    )
    missing = {}
    for field, kind, source in sources:
        if given.get(field) is not None:
            given[field] = source.filter(pk=given[field]).first()
            if given[field] is None:
                missing[field] = [unknown(kind)]
    if missing:
        raise ApiError(422, "invalid", "Some ids are unknown here.", fields=missing)
    return given


def _pictures(workspace: Workspace, body: NewPin | PinChanges) -> list[Media]:
    wanted = body.media or []
    if len(wanted) > 1:
        raise ApiError.at("media", NOT_YET_SEVERAL, code=NOT_AVAILABLE_YET)
    return [rows.named(Media.objects.of(workspace), "media", "med", pk) for pk in wanted]


def _refuse_null(body: PinChanges) -> None:
    """Absent means "as it is"; null means "none", which only a section and a time may be."""
    fields = body.model_fields_set - {"section", "publish_at"}
    wrong = {name: ["This can’t be null."] for name in sorted(fields) if getattr(body, name) is None}
    if wrong:
        raise ApiError(422, "invalid", "Some fields can’t be null.", fields=wrong)


def _changeable(pin: Pin, body: PinChanges) -> dict[str, Any]:
    """Of what was sent, what can change on Pinterest. Naming the rest as it is already changes nothing."""
    if wrong := {name: [STAYS[name]] for name in _unlike(pin, body, STAYS)}:
        raise ApiError(422, "invalid", "This can’t be changed on Pinterest.", fields=wrong)
    given = _rows(pin.workspace, body)
    return {name: value for name, value in given.items() if name not in STAYS}


def _unlike(pin: Pin, body: PinChanges, names: Iterable[str]) -> dict[str, Any]:
    """Which of these were sent and are not what the Pin has."""
    rows = {"account": pin.account_id, "media": [link.media_id for link in pin.media_links.all()]}
    sent = {name: getattr(body, name) for name in names if name in body.model_fields_set}
    return {name: value for name, value in sent.items() if value != rows.get(name, getattr(pin, name))}


def _own_words(given: Iterable[str]) -> list[preflight.Problem]:
    """A save has none."""
    return [preflight.Problem(name, "of_the_saved", HAS_ITS_WORDS) for name in given]


def _moved(pin: Pin, given: dict[str, Any]) -> dict[str, Any]:
    """To another board goes the Pin out of the section, and with its board to the board's account."""
    board = given.get("board")
    if board is None:
        return given
    if "section" not in given and board.pk != pin.board_id:
        given = given | {"section": None}
    return {"account": board.account} | given


def _certain(given: dict[str, Any], pictures: list[Media] | None) -> list[preflight.Problem]:
    """What will be refused whenever it is scheduled. What is missing can still come: this is a draft."""
    board, section = given.get("board"), given.get("section")
    found = preflight.check_text(
        title=given.get("title") or "",
        description=given.get("description") or "",
        link=given.get("link") or "",
        alt_text=given.get("alt_text") or "",
    )
    if board is not None:
        found += preflight.check_board(board)
    found += preflight.check_section(section)
    if pictures:
        found += preflight.check_media([one.condition for one in pictures])
    return found


def _refuse(problems: list[preflight.Problem]) -> None:
    if problems:
        raise Invalid(problems)
