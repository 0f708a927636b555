"""Every Celery task of the Pins, thin: find the row, call one verb, enqueue what follows.

Each is safe to run twice: a verb's compare-and-swap comes first.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Final

from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from accounts import clock, health
from accounts.background import A_TICK, Background, Changing, Fetching, Lookup, Telling
from accounts.models import PinterestAccount
from accounts.pinterest import errors
from pins.analytics import pull as measuring
from pins.live import execute, library
from pins.media import download, preparing, store, unused
from pins.models import Heartbeat
from pins.notifications import notify as telling
from pins.publish import dispatch as dispatching
from pins.publish import publication, reconcile, restored, senders

MEASURING_FOR: Final = 900  # seconds; what a run without the batch takes before it meets Pinterest's limits
NOTIFIED_EVERY: Final = 30  # seconds


@shared_task(name="pins.dispatch")
def dispatch(*, by_beat: bool = False) -> None:
    """A tick, or a door's nudge: claim what is due and send each on its way with its exact time."""
    now = clock.now()
    if by_beat:
        Heartbeat.objects.beat("beat", now)
    for due, attempts in dispatching.together(dispatching.claim(now=now)):
        # Not `eta`: Celery goes by its machine's clock.
        wait = due - senders.LEAD - clock.now()
        send.apply_async((attempts,), countdown=max(0.0, wait.total_seconds()))


@shared_task(name="pins.publish")
def send(attempts: list[int]) -> None:
    senders.hand_over(attempts)


@shared_task(name="pins.sweep")
def sweep() -> None:
    """Leases that are over, boards to look at for Pins whose answer was lost, changes of live Pins."""
    now = clock.now()
    if not clock.jumped_within(
        publication.SENT_LEASE
    ):  # calls that left before the jump may still be under way
        reconcile.sweep(now=now)
    restored.compare(now=now)
    for place in reconcile.due(now=now):
        look.delay(place.account, place.board, place.section)
    if not clock.jumped_within(execute.SETTLES):
        for change in execute.due(now):
            change_live.delay(change)


@shared_task(name="pins.look", base=Lookup, lives=reconcile.LOOK_LEASE.total_seconds())
def look(account: int, board: int, section: int | None) -> None:
    reconcile.look(reconcile.Place(account, board, section))


@shared_task(name="pins.change_live", base=Changing, lives=execute.HANDED_OUT.total_seconds())
def change_live(change: int) -> None:
    execute.carry_out(change)


@shared_task(name="pins.prepare_media")
def prepare_media(pk: int) -> None:
    preparing.prepare(pk)


@shared_task(name="pins.hand_out_fetches")
def hand_out_fetches() -> None:
    """However many addresses wait, there are no more messages than may be fetched at a time."""
    for pk in download.hand_out(now=clock.now()):
        fetch_media.delay(pk)


@shared_task(name="pins.fetch_media", base=Fetching, lives=download.FETCH_LEASE.total_seconds())
def fetch_media(pk: int) -> None:
    if download.bring(pk):
        prepare_media.delay(pk)
    hand_out_fetches.delay()  # a place is free


@shared_task(name="pins.sweep_media")
def sweep_media() -> None:
    """Ask again for uploads whose message was lost, or that the store has stopped; and look at the store."""
    now = clock.now()
    for pk in preparing.forgotten(now):
        prepare_media.delay(pk)
    store.look_when_needed(now)


@shared_task(name="pins.remove_unused", base=Background)
def remove_unused() -> None:
    """A batch each time; the next tick takes the next."""
    for pk in unused.begin(clock.now()):
        unused.end(pk)


@shared_task(name="pins.notify", base=Telling, lives=NOTIFIED_EVERY)
def notify() -> None:
    """Mails go out here and nowhere else: neither a page nor a publish ever waits for a mail server."""
    now = clock.now()
    telling.tell(now=now)
    telling.mail(now=now)


@shared_task(name="pins.read_due_libraries")
def read_due_libraries() -> None:
    now = clock.now()
    for account in library.due_accounts(now).filter(api_url=settings.PINTEREST_API_URL):
        if library.begin(account, now=now):
            read_library.delay(account.pk)


@shared_task(name="pins.read_library", base=Background, lives=library.UNFINISHED_WAIT.total_seconds())
def read_library(account: int) -> None:
    """Why it did not finish is written down; within hours it is asked for again."""
    found = PinterestAccount.objects.readable().filter(pk=account).first()
    if found is not None:
        with suppress(health.AccountUnusable, errors.PinterestError):
            library.sync(found)


@shared_task(name="pins.measure_due")
def measure_due() -> None:
    for account in measuring.due_accounts(clock.now()):
        measure_account.delay(account)


@shared_task(name="pins.measure_account", base=Background)
def measure_account(account: int) -> None:
    """One run an account at a time: a second one would only spend its quota on the same Pins."""
    found = PinterestAccount.objects.readable().filter(pk=account).first()
    if found is None or not cache.add(f"measuring:{account}", True, MEASURING_FOR):
        return
    try:
        report = measuring.pull(found, now=clock.now())
    finally:
        cache.delete(f"measuring:{account}")
    wait = None if report.wait is None else math.ceil(report.wait)
    # The lock is kept meanwhile: or each tick of beat would begin another row of messages to come.
    if wait and wait < A_TICK and cache.add(f"measuring:{account}", True, wait):
        measure_account.apply_async((account,), countdown=wait + 1)
