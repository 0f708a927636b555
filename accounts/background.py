"""Work that may take minutes (reading boards and numbers, changing live Pins, fetching pictures, mails) never
takes all threads of a worker: publishing goes first."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any, Final

from celery.contrib.django.task import DjangoTask

AT_ONCE: Final = 8  # of a worker's threads (pinsched/worker.py)
AGAIN: Final = 3.0  # seconds until a task that found no room comes again

_room = BoundedSemaphore(AT_ONCE)


class Background(DjangoTask):  # type: ignore[type-arg]  # of any arguments
    """`@shared_task(base=Background)`: at most AT_ONCE of these run in one process."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not _room.acquire(blocking=False):
            return self.apply_async(args, kwargs, countdown=AGAIN)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            _room.release()
