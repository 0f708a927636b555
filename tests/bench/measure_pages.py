"""Called by tests.bench.pages, through pytest for its database; prints, asserts nothing of time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api_tokens
from accounts.models import Board, PinterestAccount, User, Workspace
from pins.models import Media, Notification, Pin, Receipt, Status
from tests.support import factories
from tests.support.percentile import percentile

FEW: Final = 1_000
MANY: Final = 100_000
ASKED: Final = 20  # requests of each page
YEAR: Final = timedelta(days=365)

# What stands where in a hundred Pins. All lie within a year, a fifth of it to come.
_ROWS: Final = """
    SELECT
        n,
        CASE
            WHEN n %% 100 < 20 THEN 'scheduled' WHEN n %% 100 < 80 THEN 'published'
            WHEN n %% 100 < 94 THEN 'draft' WHEN n %% 100 < 98 THEN 'failed' ELSE 'needs_review'
        END AS stands,
        CASE WHEN n %% 100 < 20 THEN %(now)s + interval '73 days' * n / %(total)s
             ELSE %(now)s - interval '292 days' * n / %(total)s END AS at,
        (ARRAY['brass', 'oak', 'linen', 'clay', 'glass'])[n %% 5 + 1] || ' '
            || (ARRAY['lamp', 'vase', 'desk', 'chair', 'shelf', 'bowl', 'rug'])[n %% 7 + 1] AS thing
    FROM generate_series(%(first)s, %(last)s) AS n
"""


def fill(template: Pin, boards: list[Board], pictures: list[Media], first: int, last: int) -> None:
    """Pins like the template, number `first` to `last`, in one statement."""
    asked: dict[str, Any] = {"now": timezone.now(), "total": MANY, "first": first, "last": last}
    words = {
        "title": "'Morning light on ' || thing || ', no. ' || n",
        "description": "'One ' || thing || ' among ferns and old books, seen from the window at dawn.'",
        "link": "'https://alderandoat.example/' || replace(thing, ' ', '-') || '/' || n",
        "status": "stands",
        "publish_at": "at",
        "due_at": "CASE WHEN stands = 'scheduled' AND n %% 1000 > 0 THEN at END",
        "published_at": "CASE WHEN stands = 'published' THEN at END",
        "pinterest_id": "CASE WHEN stands = 'published' THEN (770000000000 + n)::text ELSE '' END",
        "origin": "CASE WHEN stands = 'published' AND n %% 3 = 0 THEN 'found' ELSE 'composed' END",
        "board_id": f"(ARRAY[{', '.join(str(board.pk) for board in boards)}])[n %% {len(boards)} + 1]",
    }
    columns = [field.column or "" for field in Pin._meta.concrete_fields if field.column != "id"]
    chosen = [words.get(column, f"one.{column}") for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pins_pin ({', '.join(columns)}) SELECT {', '.join(chosen)} "
            f"FROM ({_ROWS}) AS made, pins_pin AS one WHERE one.id = {template.pk} ORDER BY n",
            asked,
        )
        cursor.execute(
            "INSERT INTO pins_pinmedia (pin_id, media_id, position) "
            f"SELECT id, {pictures[0].pk} + id %% {len(pictures)}, 0 FROM pins_pin "
            "WHERE id NOT IN (SELECT pin_id FROM pins_pinmedia)",
            [],
        )


def tell(user: User, workspace: Workspace, pin: Pin, number: int) -> None:
    """As many notifications as make a list long."""
    now, known = timezone.now(), Notification.objects.count()
    told = Notification.objects.bulk_create(
        (
            Notification(
                workspace=workspace,
                pin=pin,
                kind="failed",
                key=f"{known + n}",
                title="A Pin was not published",
                message="Pinterest refused it.",
                created_at=now - timedelta(minutes=n),
                resolved_at=now if n % 1000 else None,
            )
            for n in range(number)
        ),
        batch_size=5000,
    )
    Receipt.objects.bulk_create((Receipt(notification=one, user=user) for one in told), batch_size=5000)


def settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")


def pages(account: PinterestAccount, board: Board) -> Iterator[str]:
    oldest = Pin.objects.exclude(publish_at=None).earliest("publish_at").publish_at
    assert oldest is not None
    deep = int((oldest + timedelta(days=2)).timestamp() * 1_000_000)
    yield from ("/", "/pins/", f"/pins/?cursor=a2.{deep}.1", "/pins/?layout=table")
    for tab in ("scheduled", "published", "draft", "failed", "needs_review", "overdue", "needs_you"):
        yield f"/pins/?status={tab}"
    yield from ("/pins/?status=without_picture", "/pins/?status=in_approval")
    yield from (f"/pins/?account={account.pk}", f"/pins/?board={board.pk}", "/pins/?origin=found")
    yield f"/pins/?board={board.pk}&status=failed"
    for words in ("brass", "brass+lamp", "morning", "zzz", "m", "no+777", "oak+%2A+%22", "花瓶", "🌿"):
        yield f"/pins/?q={words}"
    yield from ("/pins/calendar/", "/notifications/")
    yield from ("/admin/pins/pin/", "/admin/pins/pin/?status__exact=failed", "/admin/pins/pin/?q=lamp")
    yield from ("/admin/pins/pin/?late=any", "/admin/pins/notification/", "/admin/pins/media/")


def lists(account: PinterestAccount, board: Board) -> Iterator[str]:
    last_month = (timezone.now() - timedelta(days=30)).isoformat().replace("+00:00", "Z")
    yield from ("pins", "pins?status=failed", f"pins?account=acc_{account.pk}", f"pins?board=brd_{board.pk}")
    yield from (
        "pins?q=brass",
        "pins?q=zzz",
        "pins?q=morning",
        f"pins?from={last_month}",
        f"pins?to={last_month}",
    )
    yield from ("boards", "accounts", "media/med_{media}")


@pytest.mark.django_db(transaction=True)
def test_print_pages(workspace: Workspace, root: User, client_of: Callable[[User], Client]) -> None:
    from accounts.models import Membership, Role

    Membership.objects.create(workspace=workspace, user=root, role=Role.OWNER)
    account = factories.make_account(workspace)
    boards = [factories.make_board(account, name=name) for name in ("Desks", "Lamps", "Shelves")]
    pictures = [factories.make_media(workspace) for _ in range(8)]
    template = factories.make_pin(workspace, account, status=Status.SCHEDULED, picture=pictures[0])
    client = client_of(root)
    found: dict[str, list[tuple[int, float, float, float]]] = {}
    for first, last in ((1, FEW), (FEW + 1, MANY)):
        fill(template, boards, pictures, first, last)
        tell(root, workspace, template, (last - first) // 10)
        settle()

        for url in pages(account, boards[0]):
            found.setdefault(re.sub("cursor=.*", "cursor=…", url), []).append(measure(client, url, {}))
        for name in lists(account, boards[0]):
            url = f"/api/v1/{name.format(media=pictures[0].pk)}"
            shown = re.sub("=20.*", "=…", url)
            _, secret = api_tokens.issue(root, workspace, name="bench")  # one alone would be throttled
            bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
            found.setdefault(shown, []).append(measure(client, url, bearer))
    print(f"\n{'':42} queries   ms (least, p50, p95) at {FEW:,}, at {MANY:,}   growth of the least")
    for url, (few, many) in found.items():
        numbers = "   ".join(f"{least:5.0f} {p50:5.0f} {p95:5.0f}" for _, least, p50, p95 in (few, many))
        print(f"{url:42} {few[0]:3} {many[0]:3}   {numbers}   {many[1] / few[1]:5.2f}")


def measure(client: Client, url: str, headers: dict[str, Any]) -> tuple[int, float, float, float]:
    """Queries, and milliseconds: the least, which neighbours change least, p50 and p95."""
    client.get(url, **headers)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url, **headers)
    assert answer.status_code == 200, (url, answer.status_code)
    queries = len(asked)  # before the next request clears the log
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        client.get(url, **headers)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return queries, took[0], percentile(took, 0.5), percentile(took, 0.95)
