"""Pins that failed, that somebody must look at, or that nobody but a person sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Min, Q

from accounts.models import PinterestAccount
from pins.models import (
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    Pin,
    Status,
)
from pins.notifications.problems.notices import (
    AGAIN_AFTER,
    FORGOTTEN,
    GATHER,
    Digest,
    last_told,
    name_of,
    notification,
    reason_of,
)


def of_pins(now: datetime) -> Iterator[Digest]:
    """Failed ones, and those that somebody must look at: at most one digest an account and hour."""
    refused = Q(state=AttemptState.REFUSED, settled_at__lte=now - GATHER)
    in_doubt = Q(state=AttemptState.UNKNOWN, sent_at__lte=now - GATHER)
    yield from _digests(NotificationKind.FAILED, Status.FAILED, AttemptState.REFUSED, refused, now)
    yield from _digests(NotificationKind.REVIEW, Status.NEEDS_REVIEW, AttemptState.UNKNOWN, in_doubt, now)


def _digests(
    kind: NotificationKind, status: Status, state: AttemptState, ripe: Q, now: datetime
) -> Iterator[Digest]:
    untold = Attempt.objects.filter(
        state=state, notifications=None, pin__status=status, pin__updated_at__gt=now - FORGOTTEN
    )
    due = set(untold.filter(ripe).order_by().values_list("pin__account", flat=True).distinct()) - {None}
    if not due:
        return
    last = last_told(kind, account__in=due)
    rows = untold.filter(pin__account__in=due).select_related("pin__account").order_by("pin__account", "pk")
    for account, tries in groupby(rows, key=lambda attempt: attempt.pin.account):
        assert account is not None  # filtered on above
        pk, told_at = last.get(account.pk, (0, None))
        if told_at is None or told_at <= now - AGAIN_AFTER:
            yield _digest(account, kind, list(tries), after=pk, now=now)


def _digest(
    account: PinterestAccount, kind: NotificationKind, tries: list[Attempt], *, after: int, now: datetime
) -> Digest:
    pins = {attempt.pin_id: attempt.pin for attempt in tries}
    only = next(iter(pins.values())) if len(pins) == 1 else None
    title, message = (_failed if kind == NotificationKind.FAILED else _in_doubt)(
        account, list(pins.values()), only
    )
    made = notification(account, kind, f"after:{after}", title=title, message=message, now=now, pin=only)
    return Digest(made, [attempt.pk for attempt in tries])


def _failed(account: PinterestAccount, pins: list[Pin], only: Pin | None) -> tuple[str, str]:
    stays = (
        "It stays like this until somebody retries."
        if only
        else "They stay like this until somebody retries."
    )
    if only:
        return f"{name_of(only)} was not published", f"{reason_of(only)} {stays}"
    ((why, times),) = Counter(map(reason_of, pins)).most_common(1)
    if times == len(pins):
        said = f"Each time: {why}"
    elif times > 1:
        said = f"Most often, {times:,} times: {why}"
    else:
        said = "Each for a reason of its own: look at them one by one."
    return f"{len(pins):,} Pins of {account} were not published", f"{said} {stays}"


def _in_doubt(account: PinterestAccount, pins: list[Pin], only: Pin | None) -> tuple[str, str]:
    if only:
        return f"Was {name_of(only)} published? Have a look", reason_of(only)
    compared = all(pin.reason_code == "doubt" for pin in pins)
    seen = "Pins on the boards are like these in part" if compared else "nobody knows whether these are there"
    why = (
        f"Pinterest’s answers were lost, and {seen}. Look at each and say whether it is on Pinterest; "
        "nothing is sent before that is known."
    )
    return f"Were {len(pins):,} Pins of {account} published? Have a look", why


def of_overdue(now: datetime) -> Iterator[Notification]:
    """Pins that nobody but a person sends: one notification an account, open until all are dealt with."""
    rows = Pin.objects.overdue().order_by().values_list("account").annotate(Count("pk"), Min("pk"))
    found = {account: (number, pin) for account, number, pin in rows}
    if not found:
        return
    still_told = (
        Notification.objects.open().filter(kind=NotificationKind.OVERDUE).values_list("account", flat=True)
    )
    last = last_told(NotificationKind.OVERDUE, account__in=found)
    for account in PinterestAccount.objects.filter(pk__in=found.keys() - set(still_told)):
        number, pin = found[account.pk]
        pins = f"{number:,} Pin{'' if number == 1 else 's'} of {account}"
        them = "it" if number == 1 else "them"
        after, _ = last.get(account.pk, (0, None))
        yield Notification(
            workspace_id=account.workspace_id,
            account=account,
            pin_id=pin if number == 1 else None,
            kind=NotificationKind.OVERDUE,
            key=f"{NotificationKind.OVERDUE}:{account.pk}:after:{after}",
            title=f"{pins} {'is' if number == 1 else 'are'} overdue: say when",
            message=(
                f"PinSched could not send {them} in time, and that is more than a day ago. Nothing sends "
                f"{them} before you publish {them} or pick a time."
            ),
            created_at=now,
        )
