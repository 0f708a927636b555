"""Find out what became of attempts that nobody finished.

An attempt whose lease is over has lost its worker or its message. Claimed only: nothing was sent, the Pin
queues again. Sent: it may be on Pinterest or not, so it becomes `unknown`, its Pin needs review, and it is
never sent again by itself.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from pins import publish
from pins.models import Attempt, AttemptState

logger = logging.getLogger(__name__)

BATCH: Final = 500
WORKER_LOST: Final = publish.Evidence(
    "worker_lost", "The worker stopped before it sent this Pin. It goes out with the next one."
)
NO_ANSWER: Final = publish.Evidence("no_answer", "The worker stopped before an answer came.")


def sweep(*, now: datetime) -> int:
    """Settle abandoned attempts; answers how many."""
    settled = 0
    for attempt in Attempt.objects.abandoned(now).select_related("pin")[:BATCH]:
        if attempt.state == AttemptState.CLAIMED:
            settled += publish.defer(attempt, WORKER_LOST, now=now, until=now)
        else:
            settled += publish.lose(attempt, NO_ANSWER, now=now)
    return settled
