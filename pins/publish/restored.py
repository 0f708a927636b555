"""After a restore from a backup: what went out since the backup was made, our rows don't know.

1. `hold_all`, before worker and beat are started: every account is on the operator's hold, which no reconnect
   ends, and notes when the backup was made. What no Pin uses in these rows has a week from now.
2. A person ends the hold. `compare`, at each sweep: all that is scheduled becomes an unknown attempt, as if
   its answer had been lost, from when the backup was made. Until then nothing of the account is sent. What
   was to change of live Pins, a person asks for again: it may have been done since, or taken back.
3. When all is in doubt, as twins are told apart only together, reconcile reads the boards: what is there and
   explained by no row is adopted, what two readings don't show goes out, what is alike in part a person must
   see.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from accounts import health
from accounts.models import PinterestAccount, Stop
from pins.media import unused
from pins.models import Attempt, AttemptState, LiveChange, LiveState, Pin, Status
from pins.models.live_change import UNDER_WAY
from pins.publish.evidence import Evidence
from pins.publish.outcome import CHECKING

logger = logging.getLogger(__name__)

BATCH: Final = 500
BATCHES: Final = 10  # of one account at a sweep: some seconds of a thread
RESTORED: Final = Evidence(
    "restored",
    "PinSched was restored from a backup. It is looking whether this Pin went out meanwhile, and sends it "
    "only if it didn’t.",
)
CHANGE_RESTORED: Final = Evidence(
    "restored",
    "PinSched was restored from a backup. Whether this was done after the backup was made, or taken back, it "
    "doesn’t know. Look at the Pin on Pinterest; then try again, or dismiss this.",
)
# What `compare` has to wait for. A claim of before the backup may have been sent after it, too: it waits for
# its account, is put off by that, and is scheduled then.
_TO_COMPARE: Final = Q(status=Status.SCHEDULED) | Q(
    status=Status.PUBLISHING, attempts__state=AttemptState.CLAIMED
)


def hold_all(*, since: datetime, now: datetime) -> int:
    """Hold every account, whatever its health; how many. `since`: no later than the backup was made. May be
    repeated: an earlier time counts."""
    unused.begin_anew(now)
    accounts = list(PinterestAccount.objects.defer("access_token", "refresh_token"))
    for account in accounts:
        # The time first: from here on nothing is sent, held or not.
        from_then = min(since, account.known_until or since)
        PinterestAccount.objects.filter(pk=account.pk).update(known_until=from_then)
        health.stop(account, why=Stop.RESTORED, now=now)
    return len(accounts)


def compare(*, now: datetime) -> int:
    """Have reconcile look for all that is scheduled on accounts whose hold was ended; how many Pins."""
    doubted = 0
    for account in PinterestAccount.objects.restored().defer("access_token", "refresh_token"):
        _stop_changes(account, now)
        for _ in range(BATCHES):
            if not (some := _doubt(account, now)):
                break
            doubted += some
        # The next batches, and what somebody holds just now, are taken at the next sweep. One look at all, or
        # a claim that is put off between two looks would be in neither.
        if not Pin.objects.filter(_TO_COMPARE, account=account).exists():
            done = PinterestAccount.objects.restored().filter(pk=account.pk, known_until=account.known_until)
            done.update(known_until=None)
            logger.info("account.compared", extra={"account": account.pk, "pins": doubted})
    return doubted


def _stop_changes(account: PinterestAccount, now: datetime) -> None:
    # The words of a change may be older than what is there, and a deletion can't be undone.
    waiting = LiveChange.objects.filter(pin__account=account, state__in=UNDER_WAY)
    stopped = waiting.update(state=LiveState.REFUSED, settled_at=now, **CHANGE_RESTORED.columns())
    if stopped:
        logger.info("account.changes_stopped", extra={"account": account.pk, "changes": stopped})


def _doubt(account: PinterestAccount, now: datetime) -> int:
    # Pins and attempts together: a Pin in `publishing` has a live attempt.
    with transaction.atomic():
        waiting = Pin.objects.waiting_for(account).order_by("publish_at", "pk")
        pks = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        won = Pin.objects.filter(pk__in=pks).move_all(
            Status.SCHEDULED, Status.PUBLISHING, reason_code=CHECKING, reason_message=RESTORED.message
        )
        if won < len(pks):  # only where rows can't be locked (SQLite): at the next sweep
            transaction.set_rollback(True)
            return 0
        Attempt.objects.bulk_create(
            Attempt(
                pin_id=pk,
                state=AttemptState.UNKNOWN,
                started_at=now,
                sent_at=account.known_until,
                lease_until=now,
                look_at=now,
                **RESTORED.columns(),
            )
            for pk in pks
        )
    return won
