"""Every Celery task of the Pins, thin: find the row, call one verb, enqueue what follows.

Each is safe to run twice: a verb's compare-and-swap comes first.
"""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from accounts.models import PinterestAccount
from pins import dispatch as dispatching
from pins import download, media, publish, reconcile
from pins import measure as measuring
from pins.models import Heartbeat

MEASURING_FOR: Final = 900  # seconds; longer than measure.BATCH calls at 60 a minute


@shared_task(name="pins.dispatch")
def dispatch(*, by_beat: bool = False) -> None:
    """A tick, or a door's nudge: claim what is due and send each on its way with its exact time."""
    now = timezone.now()
    if by_beat:
        Heartbeat.objects.beat("beat", now)
    for claim in dispatching.claim(now=now):
        send.apply_async((claim.attempt,), eta=claim.eta - publish.LEAD)


@shared_task(name="pins.publish")
def send(attempt: int) -> None:
    publish.send(attempt)


@shared_task(name="pins.sweep")
def sweep() -> None:
    reconcile.sweep(now=timezone.now())


@shared_task(name="pins.prepare_media")
def prepare_media(pk: int) -> None:
    """A picture that was given by address makes a detour: waiting for a far server holds no media process."""
    if download.is_awaited(pk):
        fetch_media.delay(pk)
    else:
        media.prepare(pk)


@shared_task(name="pins.fetch_media")
def fetch_media(pk: int) -> None:
    if download.bring(pk):
        prepare_media.delay(pk)


@shared_task(name="pins.sweep_media")
def sweep_media() -> None:
    """Ask again for uploads whose message was lost."""
    for pk in media.forgotten(timezone.now()):
        prepare_media.delay(pk)


@shared_task(name="pins.measure_due")
def measure_due() -> None:
    for account in measuring.due_accounts(timezone.now()):
        measure_account.delay(account)


@shared_task(name="pins.measure_account")
def measure_account(account: int) -> None:
    """One run an account at a time: a second one would only spend its quota on the same Pins."""
    found = PinterestAccount.objects.active().filter(pk=account).first()
    if found is None or not cache.add(f"measuring:{account}", True, MEASURING_FOR):
        return
    try:
        measuring.pull(found, now=timezone.now())
    finally:
        cache.delete(f"measuring:{account}")
