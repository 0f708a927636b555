"""Called by tests.bench.pages, through pytest for its database; prints, asserts nothing of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import DailyMetric, Media, Pin, PinMedia, Status
from tests.support import factories

URLS = ("/", "/pins/", "/pins/?layout=table", "/pins/calendar/")
STATES = (Status.SCHEDULED, Status.PUBLISHED, Status.DRAFT, Status.FAILED, Status.PUBLISHED)


def fill(workspace: Workspace, account: PinterestAccount, pictures: list[Media], number: int) -> None:
    now = timezone.now()
    board = account.boards.get()
    first = Pin.objects.count()
    pins = Pin.objects.bulk_create(
        Pin(
            workspace=workspace,
            account=account,
            board=board,
            title=f"Pin {n}",
            status=STATES[n % 5],
            publish_at=now + timedelta(hours=n % 1400 - 1000),
            due_at=now + timedelta(hours=n % 1400 - 1000),
            published_at=now,
            pinterest_id=f"77{first + n}" if STATES[n % 5] == Status.PUBLISHED else "",
        )
        for n in range(number)
    )
    PinMedia.objects.bulk_create(PinMedia(pin=pin, media=pictures[pin.pk % 8]) for pin in pins)
    DailyMetric.objects.bulk_create(
        (
            DailyMetric(
                pin=pin, account=account, day=now.date() - timedelta(days=n), impressions=n, read_at=now
            )
            for pin in pins
            if pin.status == Status.PUBLISHED
            for n in range(90)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if not connection.in_atomic_block else "ANALYZE")


@pytest.mark.django_db
def test_print_pages(workspace: Workspace, alice: User, client_of: Callable[[User], Client]) -> None:
    account = factories.make_account(workspace)
    factories.make_board(account)
    pictures = [factories.make_media(workspace) for _ in range(8)]
    client = client_of(alice)
    print()
    for number in (30, 2970):
        fill(workspace, account, pictures, number)
        for url in URLS:
            client.get(url)
            with CaptureQueriesContext(connection) as found:
                client.get(url)
            queries = len(found)  # before the next request clears the log
            took = []
            for _ in range(5):
                began = time.perf_counter()
                assert client.get(url).status_code == 200
                took.append((time.perf_counter() - began) * 1000)
            print(f"{Pin.objects.count():5} Pins  {url:22} {queries:3} queries  {min(took):6.0f} ms")
