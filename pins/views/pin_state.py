"""What a Pin's page says of where the Pin stands, and what it offers: decided here, drawn by the template.

Goes by the Pin with its parts and by what the view found out; asks the database nothing more. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Role
from pins.models import MediaStatus, Pin, Status
from pins.models.notification import NEED_NEW_TOKENS
from pins.rules import reasons
from pins.rules.preflight import Problem
from pins.templatetags.ui import edit_url
from pins.views.page_parts import Action, Said

SOON: Final = timedelta(minutes=2)  # what happens by then is waited for on the page
QUEUED_BEFORE: Final = (Status.SCHEDULED, Status.FAILED)  # their own next step comes before another time

LATE: Final = "Late: the part of PinSched that sends Pins has been silent since"
TELL: Final = ". Tell the person who runs PinSched; this Pin goes out by itself once that runs again."


@dataclass(frozen=True, slots=True)
class Note:
    """One line under the heading. `kind` is how it is drawn: "tip", "aside", "trouble" (its account's), "why"
    (its reason), "reconnect" and "ask" (its reason with the cure, or with whom to ask for it)."""

    kind: str
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class PinState:
    heading: Said
    notes: tuple[Note, ...]
    # Asked again by the page while something is on its way; else "".
    changed_url: str
    asks: bool  # whether it is on Pinterest: a person says
    there: tuple[Action, ...]  # with the Pin on Pinterest
    mend: Action | None  # before anything else can be done; `problems` say why
    first: tuple[Action, ...]
    schedule: Action | None  # the button of the form with a date and a time
    fetches: bool  # offers to fetch its picture again
    rest: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the view found out about a Pin beside its row."""

    problems: Sequence[Problem] = ()
    looks_at: datetime | None = None  # when PinSched looks on Pinterest next, after a lost answer
    stalled_since: datetime | None = None  # since when nobody sends, if that is why it isn't out


def of(pin: Pin, known: Known, *, role: str, now: datetime) -> PinState:
    edits = role != Role.VIEWER
    offers = edits and pin.is_editable
    ready = offers and not known.problems
    return PinState(
        heading=_heading(pin, known, now),
        notes=tuple(_notes(pin, known, role=role, now=now)),
        changed_url=_changed_url(pin) if _moves(pin, now) else "",
        asks=pin.status == Status.NEEDS_REVIEW,
        there=tuple(_there(pin)) if edits else (),
        mend=_mend(pin) if offers and known.problems else None,
        first=tuple(_first(pin)) if ready else (),
        schedule=_schedule(pin) if ready else None,
        # A failed one has "Retry now".
        fetches=offers and pin.can_fetch_picture and bool(known.problems or pin.status != Status.FAILED),
        rest=tuple(_rest(pin, ready=ready)) if offers else (),
    )


def mark(pin: Pin) -> str:
    """What the page says of its waiting, and of its picture: another one is news."""
    return f"{pin.why.code}.{pin.cover.status}" if pin.cover else pin.why.code


def was_due(pin: Pin, now: datetime) -> datetime | None:
    """Its own time, when that is over and it waits for something."""
    waits = pin.is_overdue or pin.waits_for_account or pin.next_try_at
    return pin.publish_at if waits and pin.publish_at and pin.publish_at < now else None


# What it says ----------------------------------------------------------------------------------------


def _heading(pin: Pin, known: Known, now: datetime) -> Said:
    match Status(pin.status):
        case Status.SCHEDULED:
            return _queued(pin, known, now)
        case Status.PUBLISHED:
            return Said("Published", pin.published_at)
        case Status.PUBLISHING:
            return Said("Looking whether it is on Pinterest" if known.looks_at else "Publishing")
        case Status.FAILED:
            return Said("It was not published")
        case Status.NEEDS_REVIEW:
            return Said("Nobody knows whether it was published")
        case _:
            return Said("Draft")


def _queued(pin: Pin, known: Known, now: datetime) -> Said:
    if pin.is_overdue:
        return Said("Waits until you say when")
    if pin.waits_for_account and was_due(pin, now):
        return Said(f"Waits for {pin.account}")
    if pin.next_try_at:
        words = "Goes out" if pin.reason_code == "after_outage" else "Next try"
        return Said(words, pin.next_try_at)
    return Said("Was due" if known.stalled_since else "Goes out", pin.publish_at)


def _notes(pin: Pin, known: Known, *, role: str, now: datetime) -> Iterator[Note]:
    yield from _why(pin, known, role)
    if due := was_due(pin, now):
        yield Note("aside", Said("It was due", due, "."))
    if known.stalled_since:
        yield Note("tip", Said(LATE, known.stalled_since, TELL))
    if pin.account and not pin.account.is_active and pin.is_editable and not pin.waits_for_account:
        yield Note("trouble")
    if pin.has_vanished:
        deletes = role != Role.VIEWER and not pin.live_change
        kept = "; to take it off PinSched’s lists, delete it." if deletes else "."
        rest = f" it was not found there. Its numbers are kept here{kept}"
        yield Note("tip", Said("This Pin is no longer on Pinterest: on", pin.vanished_at, rest))


def _why(pin: Pin, known: Known, role: str) -> Iterator[Note]:
    """Why it waits or failed, unless a problem says the same."""
    why, cover = pin.why, pin.cover
    if pin.waits_for_account:
        yield Note("trouble")
    elif why.message and not (known.problems and why.message == known.problems[0].message):
        looks = f"{why.message} It looks again"
        said = Said(looks, known.looks_at, ".") if known.looks_at else Said(why.message)
        yield Note(_cure(role) if why.code in NEED_NEW_TOKENS else "why", said)
    elif pin.status == Status.PUBLISHING and cover and cover.status == MediaStatus.PROCESSING:
        yield from [Note("tip", Said(cover.reason_message))] if cover.reason_message else []


def _cure(role: str) -> str:
    return "reconnect" if role in (Role.OWNER, Role.ADMIN) else "ask"


# What it offers --------------------------------------------------------------------------------------


def _there(pin: Pin) -> Iterator[Action]:
    if pin.status != Status.PUBLISHED or pin.live_change:
        return
    if not pin.has_vanished:
        yield Action("Edit on Pinterest", reverse("pins:edit_live", args=[pin.pk]), icon="pencil")
        save = f"{reverse('pins:save')}?{urlencode({'pin': pin.pinterest_id})}"
        yield Action("Save to another board", save, icon="bookmark")
    words = "Delete" if pin.has_vanished else "Delete from Pinterest"
    yield Action(words, reverse("pins:delete_live", args=[pin.pk]), icon="trash", css="btn-bare")


def _mend(pin: Pin) -> Action:
    words = "Complete it" if pin.status == Status.DRAFT else "Put it right"
    return Action(words, edit_url(pin), icon="pencil", css="btn-primary")


def _first(pin: Pin) -> Iterator[Action]:
    if pin.is_overdue:
        yield _publish_now(pin, css="btn-primary")
    elif pin.status == Status.FAILED:
        if pin.is_save and pin.reason_code == str(reasons.PIN_NOT_FOUND):
            yield Action("Save another Pin", reverse("pins:save"), icon="bookmark", css="btn-primary")
        else:
            yield Action("Change it", edit_url(pin), icon="pencil", css="btn-primary")
        yield Action("Retry now", reverse("pins:retry", args=[pin.pk]), icon="refresh", posts=True)


def _publish_now(pin: Pin, css: str = "btn-quiet") -> Action:
    url = reverse("pins:publish_now", args=[pin.pk])
    return Action("Publish now", url, icon="send", css=css, posts=True)


def _schedule(pin: Pin) -> Action:
    words = "Move" if pin.status == Status.SCHEDULED else "Schedule"
    css = "btn-quiet" if pin.status in QUEUED_BEFORE else "btn-primary"
    return Action(
        words, reverse("pins:reschedule", args=[pin.pk]), icon="calendar-check", css=css, posts=True
    )


def _rest(pin: Pin, *, ready: bool) -> Iterator[Action]:
    offered = pin.status == Status.FAILED or pin.is_overdue
    if ready and not offered and not pin.waits_for_account:
        yield _publish_now(pin)
    if pin.status == Status.SCHEDULED:
        url = reverse("pins:unschedule", args=[pin.pk])
        yield Action("Take out of the queue", url, css="btn-bare", posts=True)
    yield Action("Delete", reverse("pins:delete", args=[pin.pk]), icon="trash", css="btn-bare")


# Whether it looks again by itself --------------------------------------------------------------------


def _changed_url(pin: Pin) -> str:
    change = pin.live_change.mark if pin.live_change else ""
    asked = urlencode({"was": pin.status, "why": mark(pin), "change": change})
    return f"{reverse('pins:changed', args=[pin.pk])}?{asked}"


def _moves(pin: Pin, now: datetime) -> bool:
    return pin.status == Status.PUBLISHING or _goes_soon(pin, now) or _changes_soon(pin, now)


def _goes_soon(pin: Pin, now: datetime) -> bool:
    """Due soon, overdue, or its picture is on the way."""
    if pin.status != Status.SCHEDULED or pin.due_at is None:
        return False
    if pin.cover and pin.cover.status == MediaStatus.PROCESSING:
        return True
    return pin.due_at - now < SOON


def _changes_soon(pin: Pin, now: datetime) -> bool:
    """A change of it on Pinterest is on its way, or goes soon."""
    change = pin.live_change
    if change is None or not change.is_under_way or pin.account is None or not pin.account.is_active:
        return False
    return change.due_at - now < SOON
