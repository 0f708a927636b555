"""Work that may take minutes never takes all threads of a worker, and no kind of it another kind's.

Publishing goes first: the rooms together leave threads to the ticks (`pinsched.worker.THREADS`).
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any, ClassVar, Final

from celery.contrib.django.task import DjangoTask

NO_ROOM_WAIT: Final = 3.0  # seconds until a task that found no room comes again
A_TICK: Final = 300.0  # seconds: a longer wait is left to one of beat's ticks, which are as far apart
ROUNDS: Final = "rounds"  # a message's header: how often it has found no room


class _Roomed(DjangoTask):  # type: ignore[type-arg]  # of any arguments
    """`@shared_task(base=…, lives=…)`: at most so many of a class run in one process.

    One that finds no room comes again for as many seconds as it `lives`; by then whoever handed its work out
    hands it out anew. Else there would be more messages with each round. Rounds are counted, and not
    Celery's `expires` used: it goes by the clock of whichever machine takes the message.
    """

    room: ClassVar[BoundedSemaphore]
    lives = A_TICK

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.room.acquire(blocking=False):
            return self._come_again(args, kwargs)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            self.room.release()

    def _come_again(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        rounds = (self.request.headers or {}).get(ROUNDS, 0) + 1
        if rounds * NO_ROOM_WAIT < self.lives:
            kept: dict[str, Any] = {"headers": {ROUNDS: rounds}, "retries": self.request.retries}
            self.apply_async(args, kwargs, countdown=NO_ROOM_WAIT, **kept)


class Background(_Roomed):
    """Reading boards, libraries and numbers, renewing tokens, ending workspaces."""

    room = BoundedSemaphore(6)


class Changing(_Roomed):
    """Live Pins: a person waits for it."""

    room = BoundedSemaphore(4)


class Telling(_Roomed):
    """Notices and mails."""

    room = BoundedSemaphore(2)


class Fetching(_Roomed):
    """Pictures given by address, from servers that may trickle: as many as are handed out at a time."""

    room = BoundedSemaphore(8)


class Lookup(_Roomed):
    """Looking for Pins whose answer was lost: not behind the numbers of a whole account."""

    room = BoundedSemaphore(6)
