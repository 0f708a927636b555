"""Numbers by the hundred: what one call may name, what one bad Pin costs, and apps without the batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings as config
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from redis import Redis

from accounts import calls, connect, health
from accounts.models import PinterestAccount
from accounts.pinterest.types import KeyFrame, NewPin, Video
from pins import tasks
from pins.analytics import pull
from pins.models import DailyMetric, MediaKind, Pin, PinMedia, Status
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

BATCH = "/v5/pins/analytics"
QUEUE = "pinsched:analytics"
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(64)


@pytest.fixture(autouse=True)
def _nothing_known_of_the_app(simulator: Simulator) -> Iterator[None]:
    """That it has no batch is remembered for a day, by the app and the address."""
    simulator.config(beta=True, media_seconds=2)
    cache.delete(key := pull._batch_key())
    yield
    cache.delete(key)
    simulator.config(beta=True, media_seconds=2)


def make_pins(simulator: Simulator, account: PinterestAccount, number: int, *, days: int = 20) -> list[Pin]:
    """Published so many days ago, on Pinterest and here."""
    born = timezone.now() - timedelta(days=days)
    board = account.boards.filter(name="House plants").get()
    plans = [
        {"board": board.name, "title": f"Fern {n}", "created_at": born.isoformat()} for n in range(number)
    ]
    made = simulator.person(account.username, pins=plans)["pins"][-number:]
    return Pin.objects.bulk_create(
        Pin(
            workspace=account.workspace,
            account=account,
            board=board,
            status=Status.PUBLISHED,
            title=one["title"],
            pinterest_id=one["id"],
            published_at=born,
            measure_at=min(born, timezone.now()),
        )
        for one in made
    )


def asked(simulator: Simulator) -> list[dict[str, Any]]:
    """The analytics calls."""
    return [call for call in simulator.calls() if call["path"].endswith("/analytics")]


def numbers(account: PinterestAccount) -> list[tuple[object, ...]]:
    rows = DailyMetric.objects.filter(account=account).order_by("pin", "day")
    return list(rows.values_list("pin", "day", "impressions", "pin_clicks", "saves", "final"))


def test_a_hundred_pins_share_a_call(account: PinterestAccount, simulator: Simulator) -> None:
    pins = make_pins(simulator, account, 120)
    report = pull.pull(account, now=timezone.now())
    assert (report.due, report.read, report.failed, report.stopped) == (120, 120, 0, "")
    assert [(call["path"], call["status"]) for call in asked(simulator)] == [(BATCH, 200)] * 2
    assert set(DailyMetric.objects.values_list("pin", flat=True)) == {pin.pk for pin in pins}
    assert pull.due_accounts(timezone.now()) == []


def test_an_app_without_the_batch_reads_the_same_and_asks_for_it_once(
    account: PinterestAccount, simulator: Simulator
) -> None:
    make_pins(simulator, account, 4)
    pull.pull(account, now=timezone.now())
    by_batch = numbers(account)
    DailyMetric.objects.all().delete()
    simulator.config(beta=False)
    before = len(asked(simulator))

    for _ in range(2):
        report = pull.pull(account, now=timezone.now(), everything=True)
        assert (report.read, report.stopped) == (4, "")
    assert numbers(account) == by_batch
    assert [call["status"] for call in asked(simulator)[before:]] == [401, *[200] * 8]


def test_another_app_or_address_is_asked_anew(
    account: PinterestAccount, simulator: Simulator, settings: Any
) -> None:
    simulator.config(beta=False)
    make_pins(simulator, account, 2)
    pull.pull(account, now=timezone.now())
    assert not pull._may_batch()
    settings.PINTEREST_APP_ID = "another-app"
    assert pull._may_batch()


def test_pins_of_an_age_share_a_call_and_none_loses_a_day(
    account: PinterestAccount, simulator: Simulator
) -> None:
    old, young = make_pins(simulator, account, 3, days=60), make_pins(simulator, account, 3, days=10)
    pull.pull(account, now=timezone.now())
    assert len(asked(simulator)) == 1
    known = {pin: DailyMetric.objects.filter(pin=pin).count() for pin in (old[0], young[0])}
    assert known[old[0]] >= 60
    assert 10 <= known[young[0]] <= 11


def test_final_days_are_not_written_again(account: PinterestAccount, simulator: Simulator) -> None:
    first, second = make_pins(simulator, account, 2)
    pull.pull(account, now=timezone.now())
    DailyMetric.objects.filter(pin=first).update(final=False)  # asked for from its birth on
    DailyMetric.objects.filter(pin=second, final=True).update(impressions=7)
    Pin.objects.update(measure_at=timezone.now())
    pull.pull(account, now=timezone.now())
    assert set(DailyMetric.objects.filter(pin=second, final=True).values_list("impressions", flat=True)) == {
        7
    }


def test_videos_are_asked_for_apart_with_their_own_numbers(
    account: PinterestAccount, simulator: Simulator
) -> None:
    make_pins(simulator, account, 2)
    board = account.boards.filter(name="House plants").get()
    clip = factories.make_media(account.workspace, ready=False)
    type(clip).objects.update(kind=MediaKind.VIDEO)

    def publish(client: Any) -> str:
        place = client.register_video()
        client.upload_video(place, BytesIO(MP4))
        new = NewPin(board_id=board.pinterest_id, title="Film", media=Video(place.media_id, KeyFrame(0)))
        return str(client.create_pin(new).id)

    simulator.config(media_seconds=0)
    for _ in range(2):
        film = factories.make_pin(
            account.workspace,
            account,
            status=Status.PUBLISHED,
            pinterest_id=calls.ask(account, publish, now=timezone.now()),
            measure_at=timezone.now(),
        )
        PinMedia.objects.create(pin=film, media=clip)
    report = pull.pull(account, now=timezone.now())
    assert (report.read, report.failed) == (4, 0)
    metrics = [parse_qs(call["query"])["metric_types"][0] for call in asked(simulator)]
    assert ["VIDEO_MRC_VIEW" in asked_for for asked_for in metrics] == [False, True]


@pytest.mark.parametrize("beta", [True, False])
def test_a_pin_that_pinterest_stumbles_over_each_time_costs_no_other_its_days(
    account: PinterestAccount, simulator: Simulator, beta: bool
) -> None:
    simulator.config(beta=beta)
    bad, *others = make_pins(simulator, account, 5)
    simulator.fault("status", status=500, path=f"/v5/pins/{bad.pinterest_id}/analytics")
    if beta:
        simulator.fault("status", status=500, path=BATCH)
    first, second = (pull.pull(account, now=timezone.now()) for _ in range(2))
    assert (first.read, second.read) == (0, 4)
    assert first.stopped
    assert set(DailyMetric.objects.values_list("pin", flat=True)) == {pin.pk for pin in others}
    bad.refresh_from_db()
    assert bad.measure_at is not None
    assert timedelta(hours=2) < bad.measure_at - timezone.now() < timedelta(hours=4)


def test_a_hold_costs_no_numbers(account: PinterestAccount, simulator: Simulator) -> None:
    """Pinterest forgets them after 90 days; a hold may last."""
    make_pins(simulator, account, 2)
    health.hold(account, code="operator", message="", now=timezone.now())
    assert pull.due_accounts(timezone.now()) == [account.pk]
    tasks.measure_account(account.pk)
    assert DailyMetric.objects.filter(account=account).exists()
    connect.disconnect(account, now=timezone.now())
    Pin.objects.update(measure_at=timezone.now())
    assert pull.due_accounts(timezone.now()) == []


def test_an_outage_puts_off_one_pin_at_most(account: PinterestAccount, simulator: Simulator) -> None:
    make_pins(simulator, account, 20)
    simulator.fault("status", status=503, path="/analytics$")
    report = pull.pull(account, now=timezone.now())
    assert (report.due, report.read) == (20, 0)
    assert Pin.objects.filter(measure_at__lte=timezone.now()).count() == 19
    assert len(asked(simulator)) <= 3 * 6  # halved, not asked one by one


def test_a_pin_that_is_left_out_has_no_numbers_and_no_trouble(
    account: PinterestAccount, simulator: Simulator
) -> None:
    make_pins(simulator, account, 2)
    new = make_pins(simulator, account, 1, days=-1)[0]  # Pinterest's clock is behind ours
    report = pull.pull(account, now=timezone.now())
    assert (report.read, report.failed) == (3, 0)
    assert not DailyMetric.objects.filter(pin=new).exists()
    new.refresh_from_db()
    assert new.measure_at is not None
    assert new.measure_at > timezone.now()


def test_deleted_and_forbidden_pins_cost_the_others_nothing(
    account: PinterestAccount, simulator: Simulator
) -> None:
    pins = make_pins(simulator, account, 100)
    born = timezone.now().isoformat()
    plan = {"board": "Ceramics", "title": "Not ours", "created_at": born}
    simulator.person("northlightstudio", pins=[plan])
    theirs = simulator.pins("northlightstudio")[-1]["id"]
    Pin.objects.filter(pk=pins[17].pk).update(pinterest_id="123456789")
    Pin.objects.filter(pk=pins[61].pk).update(pinterest_id=theirs)

    report = pull.pull(account, now=timezone.now())
    assert (report.read, report.failed, report.stopped) == (98, 2, "")
    assert {404, 403} <= {call["status"] for call in asked(simulator)}
    assert len(asked(simulator)) < 40
    rested = Pin.objects.filter(pk__in=(pins[17].pk, pins[61].pk), measure_at__gt=timezone.now())
    assert rested.count() == 2


def test_what_was_read_before_a_limit_is_kept_and_the_rest_stays_due(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.config(limits={"org_analytics": [1, 600]})
    make_pins(simulator, account, 150)
    report = pull.pull(account, now=timezone.now())
    assert (report.due, report.read) == (150, 100)
    assert report.stopped
    assert report.wait is not None
    assert 500 < report.wait <= 600
    assert Pin.objects.filter(measure_at__lte=timezone.now()).count() == 50
    assert DailyMetric.objects.values("pin").distinct().count() == 100


def test_single_calls_before_a_limit_are_kept_too(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.config(beta=False, limits={"org_analytics": [3, 600]})
    make_pins(simulator, account, 8)
    report = pull.pull(account, now=timezone.now())
    assert report.read == len([call for call in asked(simulator) if call["status"] == 200]) > 0
    assert report.stopped
    assert DailyMetric.objects.values("pin").distinct().count() == report.read


def test_the_command_waits_and_goes_on(account: PinterestAccount, simulator: Simulator) -> None:
    # Longer than a hundred Pins take on a busy machine, else there is nothing left to wait for.
    simulator.config(limits={"org_analytics": [1, 8]})
    make_pins(simulator, account, 150)
    out = StringIO()
    call_command("pull_metrics", stdout=out, no_color=True)
    assert "100 of 150 Pins; Pinterest asks for a pause, going on in " in out.getvalue()
    assert "150 Pins read." in out.getvalue()


def test_a_worker_goes_on_when_the_wait_is_over(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.config(limits={"org_analytics": [1, 60]})
    make_pins(simulator, account, 101)
    with Redis.from_url(config.REDIS_URL) as redis:
        waiting = redis.llen(QUEUE)
        tasks.measure_account(account.pk)
        assert redis.llen(QUEUE) == waiting + 1
        before = len(asked(simulator))
        tasks.measure_account(account.pk)  # one of beat's ticks, meanwhile
        assert redis.llen(QUEUE) == waiting + 1
        assert len(asked(simulator)) == before
        redis.ltrim(QUEUE, 1, -1)
    cache.delete(f"measuring:{account.pk}")


@pytest.mark.postgres  # SQLite takes fewer rows a statement
def test_a_call_of_a_hundred_pins_takes_as_few_queries_as_one_of_ten(
    account: PinterestAccount, simulator: Simulator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (10, 100):
        make_pins(simulator, account, number)
        with django_assert_max_num_queries(11):
            assert pull.pull(account, now=timezone.now()).read == number
