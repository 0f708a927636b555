"""What is wrong just now, in words for its people. Reads rows, writes nothing.

Everything is found in the state that others left in the database, not at the moment when it happened: a
process that was killed in between loses no word. What was told already is left out, so that a look costs
little while there is nothing new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.text import Truncator

from accounts import skew
from accounts.models import Health, PinterestAccount
from accounts.models.pinterest_account import REFRESH_WARNING, PinterestAccountQuerySet
from pins import operations
from pins.models import (
    Attempt,
    AttemptState,
    Kind,
    Level,
    LiveChange,
    LiveState,
    Media,
    MediaStatus,
    Notification,
    Pin,
    PinMedia,
    Status,
)
from pins.models.attempt import AttemptQuerySet
from pins.models.notification import INSTANT, NEED_NEW_TOKENS, SCOPE
from pins.models.pin import LOOKED_AT, PinQuerySet

LAST_WARNING: Final = timedelta(days=3)
BOARDS_STALE: Final = timedelta(days=3)  # boards are read daily: several tries have failed
# Pins that fail together are told together: what failed first waits this long for the others.
GATHER: Final = timedelta(minutes=1)
AGAIN_AFTER: Final = timedelta(hours=1)  # between two digests of one account, or two alarms
# Such a Pin is tried again and again, and for moments says nothing: its last tries tell.
UNUSABLE_FOR: Final = timedelta(minutes=5)
FORGOTTEN: Final = timedelta(days=2)  # what failed longer ago is no news
TITLE_SHOWN: Final = 80  # characters of a Pin's title
REASON_SHOWN: Final = 500
NAMED: Final = 5  # Pins of several that are named

# A picture that can't be fetched may be there in a moment; a Pin that goes out soon doesn't wait for that.
FETCHED_WITHIN: Final = timedelta(minutes=5)
SLOT_SOON: Final = timedelta(minutes=20)
PICTURES_AGAIN: Final = timedelta(minutes=10)  # between two digests of a workspace: less than SLOT_SOON

UNTOUCHED: Final = "The Pin is as it was: try again, or dismiss it."
DISMISS_OR_DELETE: Final = "Dismiss this, or delete the Pin here as well."
HELD_TITLES: Final = {
    "spam": "Pinterest took Pins of {account} for spam",
    "suspended": "Pinterest has suspended or restricted {account}",
    "trial": "{account} can’t publish: your Pinterest app has Trial access",
    SCOPE: "{account} can’t publish: a permission is missing",
}
_IN_USE: Final = (Health.ACTIVE, Health.HELD)


@dataclass(frozen=True, slots=True)
class Digest:
    """Several failures in one notification, and which tries or pictures it speaks of."""

    notification: Notification
    attempts: Sequence[int] = ()
    pictures: Sequence[int] = ()


# Accounts ------------------------------------------------------------------------------------------------


def of_accounts(now: datetime) -> Iterator[Notification]:
    """Stopped, about to lose their connection, or not read for days."""
    yield from _stopped(now)
    yield from _unusable(now)
    yield from _ending(now)
    yield from _unread(now)


def _stopped(now: datetime) -> Iterator[Notification]:
    for health, kind in ((Health.NEEDS_RECONNECT, Kind.RECONNECT), (Health.HELD, Kind.HELD)):
        found = list(_untold(_accounts().filter(health=health), kind, "since"))
        queued = Pin.objects.filter(account__in=found, status=Status.SCHEDULED).order_by()
        waiting = dict(queued.values_list("account").annotate(Count("pk"))) if found else {}
        for account in found:
            title = f"{account} needs reconnecting"
            if kind == Kind.HELD:
                title = HELD_TITLES.get(account.health_code, "{account} is on hold").format(account=account)
            why = (
                account.health_message or "Pinterest no longer accepts what PinSched sends for this account."
            )
            said = f"{why} {_waiting(waiting.get(account.pk, 0))}"
            since = account.health_changed_at or account.connected_at
            yield _of_account(account, kind, since, title=title, message=said, now=now)


def _unusable(now: datetime) -> Iterator[Notification]:
    """Healthy for all that Pinterest says, but this installation can't use their tokens."""
    tries = _without_tokens(now).order_by("-pk").values_list("pin__account", "code", "message")
    found = {account: (code, message) for account, code, message in tries}
    if not found:
        return
    still_told = Notification.objects.open().filter(kind=Kind.UNUSABLE).values_list("account", flat=True)
    last = _last(Kind.UNUSABLE, account__in=found)
    for account in _accounts().active().filter(pk__in=found.keys() - set(still_told)):
        after, _ = last.get(account.pk, (0, None))
        code, message = found[account.pk]
        # At another address it would be another account, with boards of its own.
        resume = "" if code == "wrong_address" else " Its scheduled Pins wait and go out by themselves then."
        yield Notification(
            workspace_id=account.workspace_id,
            account=account,
            kind=Kind.UNUSABLE,
            key=f"{Kind.UNUSABLE}:{account.pk}:after:{after}",
            title=f"{account} can’t publish: connect it again"[:200],
            message=f"{message}{resume}"[:2000],
            created_at=now,
        )


def _without_tokens(now: datetime) -> AttemptQuerySet:
    return Attempt.objects.filter(
        state=AttemptState.DEFERRED,
        code__in=NEED_NEW_TOKENS,
        settled_at__gt=now - UNUSABLE_FOR,
        pin__status__in=(Status.SCHEDULED, Status.PUBLISHING),
    )


def _ending(now: datetime) -> Iterator[Notification]:
    """Tokens are renewed weeks ahead: that one ends soon means that renewing fails."""
    ending = _accounts().filter(health__in=_IN_USE).exclude(refresh_token="")
    last = Q(refresh_expires_at__lte=now + LAST_WARNING)
    soon = ending.filter(~last, refresh_expires_at__lte=now + REFRESH_WARNING)
    for found, kind, level, when in (
        (soon, Kind.ENDS_SOON, Level.WARNING, "soon"),
        (ending.filter(last), Kind.ENDS_NOW, Level.ERROR, "within three days"),
    ):
        for account in _untold(found, kind, "refresh_expires_at"):
            assert account.refresh_expires_at is not None  # filtered on above
            said = (
                f"The permission that {account} gave to PinSched ends {INSTANT}, and renewing it has failed "
                "so far. Reconnect the account before then, or its Pins will wait."
            )
            title = f"The connection to {account} ends {when}"
            yield _of_account(
                account, kind, account.refresh_expires_at, title=title, message=said, now=now, level=level
            )


def _unread(now: datetime) -> Iterator[Notification]:
    since = now - BOARDS_STALE
    stale = Q(boards_synced_at__lte=since) | Q(boards_synced_at=None, connected_at__lte=since)
    failing = _accounts().filter(stale, health=Health.ACTIVE)
    for account in _untold(failing.exclude(boards_sync_message=""), Kind.BOARDS, "read"):
        said = (
            f"{account.boards_sync_message} Boards that were made, renamed or deleted on Pinterest meanwhile "
            "are not known here. Pins go out as planned."
        )
        title = f"The boards of {account} could not be read for days"
        read = account.boards_synced_at or account.connected_at
        yield _of_account(account, Kind.BOARDS, read, title=title, message=said, now=now, level=Level.WARNING)


def _accounts() -> PinterestAccountQuerySet:
    """Each with `since`, when its health changed, and `read`, when its boards were last read."""
    since = Coalesce("health_changed_at", "connected_at")
    read = Coalesce("boards_synced_at", "connected_at")
    return PinterestAccount.objects.annotate(since=since, read=read).defer("access_token").order_by("pk")


def _untold(accounts: PinterestAccountQuerySet, kind: Kind, about: str) -> PinterestAccountQuerySet:
    told = Notification.objects.filter(account=OuterRef("pk"), kind=kind, about_at=OuterRef(about))
    return accounts.exclude(Exists(told))


def _of_account(
    account: PinterestAccount,
    kind: Kind,
    about_at: datetime,
    *,
    title: str,
    message: str,
    now: datetime,
    level: Level = Level.ERROR,
) -> Notification:
    occurrence = about_at.isoformat()
    return _notification(
        account, kind, occurrence, title=title, message=message, now=now, level=level, about_at=about_at
    )


def _notification(
    account: PinterestAccount,
    kind: Kind,
    occurrence: str,
    *,
    title: str,
    message: str,
    now: datetime,
    **more: Any,
) -> Notification:
    """Whoever looks at the same moment makes the same key of an occurrence, and only one of them tells."""
    return Notification(
        workspace_id=account.workspace_id,
        account=account,
        kind=kind,
        key=f"{kind}:{account.pk}:{occurrence}",
        title=title[:200],
        message=message[:2000],
        created_at=now,
        **more,
    )


def _waiting(number: int) -> str:
    if not number:
        return "Until this is put right, nothing is published with it."
    what, who = (
        ("1 scheduled Pin waits and goes", "itself")
        if number == 1
        else (f"{number:,} scheduled Pins wait and go", "themselves")
    )
    return f"{what} out by {who} once this is put right."


# Pins ----------------------------------------------------------------------------------------------------


def of_pins(now: datetime) -> Iterator[Digest]:
    """Failed ones, and those that somebody must look at: at most one digest an account and hour."""
    refused = Q(state=AttemptState.REFUSED, settled_at__lte=now - GATHER)
    in_doubt = Q(state=AttemptState.UNKNOWN, sent_at__lte=now - GATHER)
    yield from _digests(Kind.FAILED, Status.FAILED, AttemptState.REFUSED, refused, now)
    yield from _digests(Kind.REVIEW, Status.NEEDS_REVIEW, AttemptState.UNKNOWN, in_doubt, now)


def _digests(kind: Kind, status: Status, state: AttemptState, ripe: Q, now: datetime) -> Iterator[Digest]:
    untold = Attempt.objects.filter(
        state=state, notifications=None, pin__status=status, pin__updated_at__gt=now - FORGOTTEN
    )
    due = set(untold.filter(ripe).order_by().values_list("pin__account", flat=True).distinct()) - {None}
    if not due:
        return
    last = _last(kind, account__in=due)
    rows = untold.filter(pin__account__in=due).select_related("pin__account").order_by("pin__account", "pk")
    for account, tries in groupby(rows, key=lambda attempt: attempt.pin.account):
        assert account is not None  # filtered on above
        pk, told_at = last.get(account.pk, (0, None))
        if told_at is None or told_at <= now - AGAIN_AFTER:
            yield _digest(account, kind, list(tries), after=pk, now=now)


def _last(kind: Kind, **among: object) -> dict[int | None, tuple[int, datetime]]:
    """Of each account, or of each workspace: the newest notification of this kind, and when it was made."""
    by = "workspace" if kind in (Kind.LATE, Kind.PICTURE) else "account"
    rows = Notification.objects.filter(kind=kind, **among).order_by().values_list(by)
    return {owner: (pk, at) for owner, pk, at in rows.annotate(Max("pk"), Max("created_at"))}


def _digest(
    account: PinterestAccount, kind: Kind, tries: list[Attempt], *, after: int, now: datetime
) -> Digest:
    pins = {attempt.pin_id: attempt.pin for attempt in tries}
    only = next(iter(pins.values())) if len(pins) == 1 else None
    title, message = (_failed if kind == Kind.FAILED else _in_doubt)(account, list(pins.values()), only)
    made = _notification(account, kind, f"after:{after}", title=title, message=message, now=now, pin=only)
    return Digest(made, [attempt.pk for attempt in tries])


def _failed(account: PinterestAccount, pins: list[Pin], only: Pin | None) -> tuple[str, str]:
    stays = (
        "It stays like this until somebody retries."
        if only
        else "They stay like this until somebody retries."
    )
    if only:
        return f"{_name(only)} was not published", f"{_reason(only)} {stays}"
    ((why, times),) = Counter(map(_reason, pins)).most_common(1)
    if times == len(pins):
        said = f"Each time: {why}"
    elif times > 1:
        said = f"Most often, {times:,} times: {why}"
    else:
        said = "Each for a reason of its own: look at them one by one."
    return f"{len(pins):,} Pins of {account} were not published", f"{said} {stays}"


def _in_doubt(account: PinterestAccount, pins: list[Pin], only: Pin | None) -> tuple[str, str]:
    if only:
        return f"Was {_name(only)} published? Have a look", _reason(only)
    compared = all(pin.reason_code == "doubt" for pin in pins)
    seen = "Pins on the boards are like these in part" if compared else "nobody knows whether these are there"
    why = (
        f"Pinterest’s answers were lost, and {seen}. Look at each and say whether it is on Pinterest; "
        "nothing is sent before that is known."
    )
    return f"Were {len(pins):,} Pins of {account} published? Have a look", why


def _name(pin: Pin) -> str:
    named = pin.title or pin.is_save
    return f"“{Truncator(pin.heading).chars(TITLE_SHOWN)}”" if named else "A Pin without a title"


def _reason(pin: Pin) -> str:
    return Truncator(pin.reason_message or "Pinterest refused it.").chars(REASON_SHOWN)


def of_overdue(now: datetime) -> Iterator[Notification]:
    """Pins that nobody but a person sends: one notification an account, open until all are dealt with."""
    rows = Pin.objects.overdue().order_by().values_list("account").annotate(Count("pk"), Min("pk"))
    found = {account: (number, pin) for account, number, pin in rows}
    if not found:
        return
    still_told = Notification.objects.open().filter(kind=Kind.OVERDUE).values_list("account", flat=True)
    last = _last(Kind.OVERDUE, account__in=found)
    for account in PinterestAccount.objects.filter(pk__in=found.keys() - set(still_told)):
        number, pin = found[account.pk]
        pins = f"{number:,} Pin{'' if number == 1 else 's'} of {account}"
        them = "it" if number == 1 else "them"
        after, _ = last.get(account.pk, (0, None))
        yield Notification(
            workspace_id=account.workspace_id,
            account=account,
            pin_id=pin if number == 1 else None,
            kind=Kind.OVERDUE,
            key=f"{Kind.OVERDUE}:{account.pk}:after:{after}",
            title=f"{pins} {'is' if number == 1 else 'are'} overdue: say when",
            message=(
                f"PinSched could not send {them} in time, and that is more than a day ago. Nothing sends "
                f"{them} before you publish {them} or pick a time."
            ),
            created_at=now,
        )


# Pictures, before the Pins' time -------------------------------------------------------------------------


def of_pictures(now: datetime) -> Iterator[Digest]:
    """Those that keep queued Pins from going out, told in time to do something: one digest a workspace.

    One that can't be used is told at once; one that can't be fetched, when that has lasted for some minutes,
    or when its Pin goes out soon.
    """
    ripe = Q(media__status=MediaStatus.FAILED) | Q(media__failing_since__lte=now - FETCHED_WITHIN)
    ripe |= Q(pin__publish_at__lte=now + SLOT_SOON)
    troubled = Media.objects.in_trouble().values("pk")
    links = (
        PinMedia.objects.filter(ripe, media__in=troubled, pin__status=Status.SCHEDULED)
        .select_related("pin__workspace", "media")
        .order_by("pin__workspace", "pin__publish_at", "pk")
    )
    last = _last(Kind.PICTURE)
    for workspace, found in groupby(links, key=lambda link: link.pin.workspace_id):
        after, told_at = last.get(workspace, (0, None))
        if told_at is None or told_at <= now - PICTURES_AGAIN:
            yield _of_pictures(workspace, list(found), after=after, now=now)


def _of_pictures(workspace: int, links: list[PinMedia], *, after: int, now: datetime) -> Digest:
    first = links[0].pin
    (why, times), *_ = Counter(link.media.reason_message for link in links).most_common(1)
    if len(links) == 1:
        title, message = f"The picture of {_name(first)} is missing", f"{why} The Pin’s time is {INSTANT}."
    else:
        title = f"The pictures of {len(links):,} scheduled Pins are missing"
        each = "Each time" if times == len(links) else f"{times:,} times"
        message = f"{each}: {why} The time of the first of these Pins is {INSTANT}."
    made = Notification(
        workspace_id=workspace,
        pin=first if len(links) == 1 else None,
        kind=Kind.PICTURE,
        key=f"{Kind.PICTURE}:{workspace}:after:{after}",
        title=title[:200],
        message=f"{message} Fetch it again, or choose another picture before then."[:2000],
        about_at=first.publish_at,
        created_at=now,
    )
    return Digest(made, pictures=sorted({link.media_id for link in links}))


# Changes of live Pins ------------------------------------------------------------------------------------


def of_changes(now: datetime) -> Iterator[Notification]:
    """Refused ones, which wait for a person: at most one notification an account and hour."""
    refused = (
        LiveChange.objects.filter(state=LiveState.REFUSED)
        .filter(settled_at__gt=now - FORGOTTEN, settled_at__lte=now - GATHER)
        .select_related("pin__account")
        .defer("pin__account__access_token", "pin__account__refresh_token")
        .order_by("pin__account", "settled_at", "pk")
    )
    told = Notification.objects.filter(kind=Kind.CHANGE).order_by().values_list("account")
    last = {
        account: facts for account, *facts in told.annotate(Max("pk"), Max("created_at"), Max("about_at"))
    }
    for account, found in groupby(refused, key=lambda change: change.pin.account):
        assert account is not None  # a published Pin is some account's
        pk, told_at, upto = last.get(account.pk, (0, None, None))
        untold = [change for change in found if upto is None or (change.settled_at or now) > upto]
        if untold and (told_at is None or told_at <= now - AGAIN_AFTER):
            yield _of_changes(account, untold, after=pk, now=now)


def _of_changes(
    account: PinterestAccount, changes: list[LiveChange], *, after: int, now: datetime
) -> Notification:
    only = changes[0].pin if len(changes) == 1 else None
    in_doubt = any(change.is_in_doubt for change in changes)
    if only:
        title = f"Pinterest refused to change {_name(only)}"
        end = DISMISS_OR_DELETE if changes[0].code == "gone" else UNTOUCHED
        message = f"{changes[0].message} {end}"
        if in_doubt:
            title, message = f"Was {_name(only)} changed on Pinterest? Have a look", changes[0].message
    else:
        names = ", ".join(_name(change.pin) for change in changes[:NAMED])
        more = f" and {len(changes) - NAMED:,} more" if len(changes) > NAMED else ""
        title = f"Pinterest refused to change {len(changes):,} Pins of {account}"
        these = "Have a look at these Pins" if in_doubt else "These Pins are as they were"
        message = f"{changes[-1].message} {these}: {names}{more}."
    return _notification(
        account,
        Kind.CHANGE,
        f"after:{after}",
        title=title,
        message=message,
        now=now,
        pin=only,
        level=Level.WARNING,
        about_at=changes[-1].settled_at,
    )


# Lateness ------------------------------------------------------------------------------------------------


def late(now: datetime) -> PinQuerySet:
    """Late by more than the set minutes though nothing holds them: something of ours is broken or slow."""
    limit = timedelta(minutes=settings.LATE_ALERT_MINUTES)
    return operations.late(Pin.objects.all(), now=now, waits_for=operations.WaitsFor.NOTHING, by=limit)


def of_lateness(now: datetime) -> Iterator[Notification]:
    """One alarm a workspace for its admins, one for the operators; again after an hour at the earliest."""
    rows = late(now).order_by().values_list("workspace").annotate(Count("pk"), oldest=Min(LOOKED_AT))
    found = {workspace: (number, oldest) for workspace, number, oldest in rows}
    if not found:
        return
    open_now = set(Notification.objects.open().filter(kind=Kind.LATE).values_list("workspace", flat=True))
    last = _last(Kind.LATE)
    minutes = settings.LATE_ALERT_MINUTES
    numbers, oldest = zip(*found.values(), strict=True)
    rows_of_all: Iterable[tuple[int | None, int, datetime]] = [
        *((workspace, number, since) for workspace, (number, since) in found.items()),
        (None, sum(numbers), min(oldest)),
    ]
    for workspace, number, since in rows_of_all:
        pk, told_at = last.get(workspace, (0, None))
        if workspace in open_now or (told_at is not None and told_at > now - AGAIN_AFTER):
            continue
        pins = f"{number:,} Pin{' is' if number == 1 else 's are'}"
        cure = (
            "Tell the person who runs this PinSched. The Pins go out by themselves as soon as it catches up."
            if workspace
            else "Look whether beat and the workers run; /readyz names what is red."
        )
        yield Notification(
            workspace_id=workspace,
            kind=Kind.LATE,
            key=f"{Kind.LATE}:{workspace or 'all'}:after:{pk}",
            title=f"{pins} late",
            message=(
                f"{pins} late by more than {minutes} minutes though nothing holds them back: PinSched itself "
                f"is behind. The oldest was due {INSTANT}. {cure}"
            ),
            about_at=since,
            created_at=now,
        )


def of_clock(now: datetime) -> Iterator[Notification]:
    """One alarm for the operators while the clocks differ; again after an hour at the earliest."""
    wrong = skew.alarm(now=now)
    if not wrong or Notification.objects.open().filter(kind=Kind.CLOCK).exists():
        return
    pk, told_at = _last(Kind.CLOCK).get(None, (0, None))
    if told_at is None or told_at <= now - AGAIN_AFTER:
        yield Notification(
            kind=Kind.CLOCK,
            key=f"{Kind.CLOCK}:after:{pk}",
            title="The database’s clock is wrong",
            message=f"{wrong} Set the clock of the database’s machine right, by NTP say.",
            created_at=now,
        )


# The end -------------------------------------------------------------------------------------------------


def over(now: datetime) -> Iterable[int]:
    """Open notifications whose cause is gone."""
    needs_people = Attempt.objects.filter(notifications=OuterRef("pk"))
    unusable_there = _without_tokens(now).filter(
        pin__account=OuterRef("account"), pin__account__health=Health.ACTIVE
    )
    overdue_there = Pin.objects.overdue().filter(account=OuterRef("account"))
    refused = LiveChange.objects.filter(
        state=LiveState.REFUSED, pin__account=OuterRef("account"), settled_at__lte=OuterRef("about_at")
    )
    missing = Pin.objects.without_picture()
    missing_there = missing.filter(workspace=OuterRef("workspace"), media_links__media__told_at__isnull=False)
    late_there = late(now).filter(workspace=OuterRef("workspace"))
    lasts = (
        Q(kind=Kind.RECONNECT, account__health=Health.NEEDS_RECONNECT, about_at=F("since"))
        | Q(kind=Kind.HELD, account__health=Health.HELD, about_at=F("since"))
        | Q(kind__in=(Kind.ENDS_SOON, Kind.ENDS_NOW), account__health__in=_IN_USE)
        & Q(about_at=F("account__refresh_expires_at"))
        & ~Q(kind=Kind.ENDS_SOON, about_at__lte=now + LAST_WARNING)  # the last warning has taken its place
        | Q(kind=Kind.BOARDS, account__health=Health.ACTIVE, about_at=F("read"))
        | Q(Exists(needs_people.filter(pin__status=Status.FAILED)), kind=Kind.FAILED)
        | Q(Exists(needs_people.filter(pin__status=Status.NEEDS_REVIEW)), kind=Kind.REVIEW)
        | Q(Exists(unusable_there), kind=Kind.UNUSABLE)
        | Q(Exists(overdue_there), kind=Kind.OVERDUE)
        | Q(Exists(missing.filter(pk=OuterRef("pin"))), kind=Kind.PICTURE)
        | Q(Exists(missing_there), kind=Kind.PICTURE, pin=None)
        | Q(Exists(refused), kind=Kind.CHANGE)
        | Q(Exists(late_there), kind=Kind.LATE)
        | Q(Exists(late(now)), kind=Kind.LATE, workspace=None)
    )
    if skew.alarm(now=now):
        lasts |= Q(kind=Kind.CLOCK)
    return (
        Notification.objects.open()
        .annotate(
            since=Coalesce("account__health_changed_at", "account__connected_at"),
            read=Coalesce("account__boards_synced_at", "account__connected_at"),
        )
        .exclude(lasts)
        .values_list("pk", flat=True)
    )
