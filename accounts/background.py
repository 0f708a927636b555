"""Work that may take minutes never takes all threads of a worker: publishing goes first."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any, ClassVar, Final

from celery.contrib.django.task import DjangoTask

AGAIN: Final = 3.0  # seconds until a task that found no room comes again


class _Roomed(DjangoTask):  # type: ignore[type-arg]  # of any arguments
    """`@shared_task(base=…)`: at most so many of a class run in one process, of its 20 threads.

    One that finds no room comes again, until its message expires: whoever hands work out again after a while
    lets its messages expire by then, so that they don't become more and more.
    """

    room: ClassVar[BoundedSemaphore]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.room.acquire(blocking=False):
            mine: dict[str, Any] = {"expires": self.request.expires, "retries": self.request.retries}
            return self.apply_async(args, kwargs, countdown=AGAIN, **mine)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            self.room.release()


class Background(_Roomed):
    """Reading boards and numbers, changing live Pins, fetching pictures, mails."""

    room = BoundedSemaphore(8)


class Lookup(_Roomed):
    """Looking for Pins whose answer was lost: not behind the numbers of a whole account."""

    room = BoundedSemaphore(6)
