"""Long lists: pages by keyset, honest counts, and an index for each question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Notification, Pin, Receipt, Status
from pins.views import notifications, queue
from tests.bench import measure_pages
from tests.conftest import SignIn
from tests.integration.api.conftest import Caller
from tests.support import factories
from tests.support.every_page import in_a_line

pytestmark = pytest.mark.django_db

SIZE = 4


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PER_PAGE", SIZE)
    monkeypatch.setattr(notifications, "PER_PAGE", SIZE)


@pytest.fixture
def page(alice: User, client_of: SignIn) -> Client:
    return client_of(alice)


def drafts(workspace: Workspace, number: int, **more: Any) -> list[Pin]:
    return Pin.objects.bulk_create(
        [Pin(workspace=workspace, title=f"Pin {n}", **more) for n in range(number)], batch_size=2000
    )


def soonest_first(workspace: Workspace) -> list[int]:
    """What is to come, what has no time, the past from its newest."""
    now, pins = timezone.now(), list(Pin.objects.of(workspace))
    coming = sorted((pin.publish_at, pin.pk) for pin in pins if pin.publish_at and pin.publish_at >= now)
    past = sorted((pin.publish_at, pin.pk) for pin in pins if pin.publish_at and pin.publish_at < now)
    untimed = sorted(pin.pk for pin in pins if pin.publish_at is None)
    return [pk for _, pk in coming] + untimed[::-1] + [pk for _, pk in reversed(past)]


def walk(client: Client, url: str, way: str) -> Iterator[Any]:
    """All pages from this one on, by the links that people follow."""
    shown = client.get(url).context["page"]
    yield shown
    while cursor := getattr(shown, way):
        shown = client.get(url.partition("?")[0], {"cursor": cursor}).context["page"]
        yield shown


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize(
    ("coming", "untimed", "past"), [(5, 6, 7), (0, 9, 0), (4, 0, 4), (1, 1, 1), (0, 0, 0)]
)
def test_the_queue_is_walked_forth_and_back_without_a_gap(
    coming: int, untimed: int, past: int, page: Client, workspace: Workspace
) -> None:
    now = timezone.now()
    for number, hours in ((coming, 1), (past, -1)):
        for n in range(number):  # pairs at the same instant
            drafts(workspace, 1, publish_at=now + hours * timedelta(hours=1 + n // 2))
    drafts(workspace, untimed)
    wanted = soonest_first(workspace)
    forth = list(walk(page, "/pins/", "next"))
    assert [pin.pk for each in forth for pin in each] == wanted
    assert {each.total for each in forth} == {len(wanted)}
    assert forth[0].previous is None
    last = "/pins/" if len(forth) == 1 else f"/pins/?cursor={forth[-2].next}"
    back = list(walk(page, last, "previous"))
    assert back[-1].previous is None
    assert [pin.pk for pin in back[-1]] == wanted[:SIZE]
    seen = [pin.pk for each in reversed(back) for pin in each]
    assert set(seen) == set(wanted)
    assert len(seen) <= len(wanted) + SIZE  # the first page is a whole one again


@pytest.mark.usefixtures("short_pages")
def test_what_comes_in_meanwhile_shifts_no_page(page: Client, workspace: Workspace) -> None:
    old = [pin.pk for pin in drafts(workspace, 10)][::-1]
    first = page.get("/pins/").context["page"]
    drafts(workspace, 3)
    Pin.objects.filter(pk=first.rows[-1].pk).delete()
    second = page.get("/pins/", {"cursor": first.next}).context["page"]
    assert [pin.pk for pin in second] == old[SIZE : 2 * SIZE]


@pytest.mark.usefixtures("short_pages")
def test_filters_stay_from_page_to_page(page: Client, workspace: Workspace) -> None:
    drafts(workspace, 6)
    text = page.get("/pins/?status=draft&q=pin").text
    following = re.search(r'rel="next"\s+href="([^"]+)"', text)
    assert following
    assert "status=draft" in following[1]
    assert "q=pin" in following[1]
    assert "cursor=" not in re.findall(r'href="([^"]*status=scheduled[^"]*)"', text)[0]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "a9.1",
        "a0.1",
        "a1.1.1",
        "a0.999999999999999999.1",
        "b0.-999999999999999999.1",
        "a1.²",
        "a1.",
        "\x00",
        "b2.0.1",
    ],
)
def test_a_cursor_that_is_none_shows_a_page(cursor: str, page: Client, workspace: Workspace) -> None:
    drafts(workspace, 2)
    answer = page.get("/pins/", {"cursor": cursor})
    assert answer.status_code == 200
    assert page.get("/notifications/", {"cursor": cursor}).status_code == 200


def test_numbers_end_at_ten_thousand(page: Client, workspace: Workspace) -> None:
    drafts(workspace, 10_000)
    text = page.get("/pins/?q=pin").text
    assert "<small>10,000</small>" in text
    assert "10,000 Pins</span>" in text
    drafts(workspace, 1)
    for url in ("/pins/", "/pins/?q=pin", "/pins/?status=draft"):
        text = page.get(url).text
        assert "<small>10,000+</small>" in text
        assert "10,000+ Pins</span>" in text


def test_a_day_counts_its_pins_to_a_thousand(page: Client, workspace: Workspace) -> None:
    at = timezone.now().replace(hour=12)
    drafts(workspace, 1_000, publish_at=at)
    assert 'mslot"> +991 <' in in_a_line(page.get("/pins/calendar/").text)
    assert "1,000 Pins today." in page.get("/").text or not workspace.accounts.exists()
    drafts(workspace, 1, publish_at=at)
    text = in_a_line(page.get("/pins/calendar/").text)
    assert 'mslot"> 1,000+ <' in text
    assert '">1,000+</span> Pins' in text


@pytest.mark.usefixtures("short_pages")
def test_notifications_are_walked_forth_and_back(page: Client, workspace: Workspace, alice: User) -> None:
    now = timezone.now()
    told = Notification.objects.bulk_create(
        Notification(
            workspace=workspace,
            kind="late",
            key=str(n),
            title=f"N{n}",
            created_at=now - timedelta(hours=n // 2),
        )
        for n in range(11)
    )
    Receipt.objects.bulk_create(Receipt(notification=one, user=alice) for one in told)
    wanted = [one.pk for one in sorted(told, key=lambda one: (one.created_at, one.pk), reverse=True)]
    forth = list(walk(page, "/notifications/", "next"))
    assert [one.pk for each in forth for one in each] == wanted
    back = list(walk(page, f"/notifications/?cursor={forth[-2].next}", "previous"))
    assert [one.pk for one in back[-1]] == wanted[:SIZE]


# What the database does ----------------------------------------------------------------------------------

MANY = 20_000


@pytest.fixture
def crowd(workspace: Workspace, offline: PinterestAccount) -> PinterestAccount:
    boards = [
        offline.boards.get(),
        *(factories.make_board(offline, name=name) for name in ("Lamps", "Shelves")),
    ]
    pictures = [factories.make_media(workspace)]
    template = factories.make_pin(workspace, offline, status=Status.SCHEDULED, picture=pictures[0])
    measure_pages.fill(template, boards, pictures, 1, MANY)
    measure_pages.settle()
    return offline


PLANS = [
    ("/pins/", "pin_calendar"),
    ("/pins/?status=failed", "pin_queue"),
    ("/pins/?status=needs_you", "pin_needing_anybody|pin_calendar"),
    ("/pins/?origin=found", "pin_by_origin|pin_calendar"),
    ("/pins/?q=zzz", "pin_words"),
    ("/pins/?q=brass", "pin_words"),
    ("/pins/calendar/", "pin_calendar"),
    ("/", "pin_needing_anybody"),
    ("/api/v1/pins", "pin_newest|pins_pin_pkey"),
    ("/api/v1/pins?status=failed", "pin_newest_of_status"),
    ("/api/v1/pins?q=zzz", "pin_words"),
]


@pytest.mark.postgres
def test_each_list_has_its_index_and_reads_no_table_through(
    crowd: PinterestAccount, workspace: Workspace, alice: User, page: Client
) -> None:
    api = Caller(alice, workspace)
    headers = {"authorization": f"Bearer {api.plain}"}
    with connection.cursor() as cursor:  # so few rows are sometimes read through though there is an index
        cursor.execute("SET LOCAL enable_seqscan = off")
    for url, index in PLANS:
        with CaptureQueriesContext(connection) as asked:
            assert page.get(url, headers=headers if url.startswith("/api") else {}).status_code == 200
        plans = [
            _plan(query["sql"])
            for query in asked
            if '"pins_pin"' in query["sql"] or "pins_pin " in query["sql"]
        ]
        assert any(re.search(rf"\b(?:{index})\b", plan) for plan in plans), (url, plans)
        assert not [plan for plan in plans if "Seq Scan on pins_pin" in plan], (url, plans)


def _plan(sql: str) -> str:
    if not sql.startswith(("SELECT", "(SELECT")):
        return ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.postgres
def test_many_pins_cost_a_page_no_query_more(
    crowd: PinterestAccount, workspace: Workspace, alice: User, page: Client
) -> None:
    api = Caller(alice, workspace)
    headers = {"authorization": f"Bearer {api.plain}"}
    urls = [
        "/",
        "/pins/",
        "/pins/?layout=table",
        "/pins/?q=brass",
        "/pins/?q=zzz",
        "/pins/?q=777",
        "/pins/calendar/",
    ]
    urls += [f"/pins/?status={status}" for status in ("failed", "overdue", "needs_you", "without_picture")]
    urls += [f"/pins/?board={crowd.boards.first().pk}", "/api/v1/pins", "/api/v1/pins?q=brass"]  # type: ignore[union-attr]
    for url in urls:
        more = {"headers": headers} if url.startswith("/api") else {}
        page.get(url, **more)  # type: ignore[arg-type]
        with CaptureQueriesContext(connection) as asked:
            page.get(url, **more)  # type: ignore[arg-type]
        assert len(asked) <= 12, (url, len(asked))


def test_the_operators_list_counts_and_searches_as_the_others(operator: Client, workspace: Workspace) -> None:
    drafts(workspace, 10_001)
    assert "10,000+" in operator.get("/admin/pins/pin/").text
    assert operator.get("/admin/pins/pin/?p=200").status_code == 200
    one = Pin.objects.create(workspace=workspace, title="A brass lamp")
    for typed in ("lamp brass", str(one.pk)):
        assert one in operator.get("/admin/pins/pin/", {"q": typed}).context["cl"].result_list
    assert "10,000+" in operator.get("/admin/pins/pin/?q=pin").text
    assert operator.get("/admin/pins/pin/", {"q": workspace.slug}).context["cl"].result_count == 10_001
