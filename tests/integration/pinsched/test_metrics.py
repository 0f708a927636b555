"""`/metrics`: who may read it, and that it says what the database holds, in a fixed number of queries."""

from __future__ import annotations

import math
import socket
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Workspace
from accounts.models.pinterest_account import Health
from pins import operations
from pins.models import (
    Attempt,
    AttemptState,
    Heartbeat,
    LiveChange,
    LiveKind,
    LiveState,
    Media,
    MediaStatus,
    Pin,
    Status,
)
from pinsched import queues
from pinsched.celery import app
from tests.support import factories

QUERIES = 7


def numbers(client: Client, **headers: str) -> dict[str, float]:
    """`name{label="value"}` → number, as Prometheus reads them."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    return {
        sample.name + "".join(f'{{{k}="{v}"}}' for k, v in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def late(what: str) -> str:
    return f'pinsched_pins_late{{waits_for="{what}"}}'


def lateness(what: str) -> str:
    return f'pinsched_lateness_seconds{{waits_for="{what}"}}'


def attempt(pin: Pin, state: AttemptState, at: datetime) -> Attempt:
    return Attempt.objects.create(pin=pin, state=state, started_at=at, sent_at=at, lease_until=at)


# Who may read ------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_this_machine_may_read(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("address", ["10.1.2.3", "203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1", ""])
def test_without_a_token_other_machines_are_told_nothing(client: Client, address: str) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=address)
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_a_token_what_came_through_a_proxy_is_told_nothing(client: Client, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.django_db
def test_with_a_token_whoever_shows_it_may_read_from_anywhere(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-prometheus"
    shown = {"Authorization": "Bearer a-token-of-prometheus", "X-Forwarded-For": "203.0.113.9"}
    assert client.get("/metrics", headers=shown, REMOTE_ADDR="10.1.2.3").status_code == 200


@pytest.mark.parametrize(
    "shown", [None, "Bearer ", "Bearer a-token", "Basic a-token-of-prometheus", "Bearer ä-token"]
)
def test_with_a_token_even_this_machine_must_show_it(
    client: Client, settings: Any, shown: str | None
) -> None:
    settings.METRICS_TOKEN = "a-token-of-prometheus"
    answer = client.get("/metrics", headers={"Authorization": shown} if shown else {})
    assert answer.status_code == 403
    assert b"pinsched_" not in answer.content


@pytest.mark.django_db
def test_it_answers_to_any_host_without_session_or_https(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/metrics", headers={"host": "web:8000"})
    assert answer.status_code == 200
    assert not answer.cookies


def test_it_only_answers_questions(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


# What it says ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_empty_house_has_every_number_and_each_is_zero(client: Client) -> None:
    found = numbers(client)
    beats = {name for name in found if name.startswith("pinsched_heartbeat")}
    assert len(beats) == 3
    assert all(math.isinf(found[name]) for name in beats)
    assert found.pop("pinsched_redis_up") == 1
    assert {name: value for name, value in found.items() if value and name not in beats} == {}
    for status in Status:
        assert f'pinsched_pins{{status="{status.value}"}}' in found


@pytest.mark.django_db
def test_pins_accounts_media_and_heartbeats_are_counted(client: Client, workspace: Workspace) -> None:
    account = factories.make_account(workspace)
    factories.make_account(workspace, username="held", health=Health.HELD)
    factories.make_board(account)
    factories.make_pin(workspace)
    factories.make_pin(workspace, account, status=Status.PUBLISHED)
    factories.make_pin(workspace, account, status=Status.PUBLISHED)
    factories.make_media(workspace, ready=False)
    Media.objects.create(
        workspace=workspace, status=MediaStatus.FAILED, content_type="image/jpeg", size_bytes=1, width=1,
        height=1, sha256="", asked_at=timezone.now(),
    )  # fmt: skip
    Heartbeat.objects.beat("beat", timezone.now() - timedelta(seconds=20))
    found = numbers(client)
    assert found['pinsched_pins{status="draft"}'] == 1
    assert found['pinsched_pins{status="published"}'] == 2
    assert found['pinsched_accounts{health="active"}'] == 1
    assert found['pinsched_accounts{health="held"}'] == 1
    assert found["pinsched_media_processing"] == 1
    assert found['pinsched_heartbeat_age_seconds{part="beat"}'] == pytest.approx(20, abs=5)


@pytest.mark.django_db
def test_late_pins_are_told_apart_by_what_they_wait_for(client: Client, workspace: Workspace) -> None:
    now = timezone.now()
    account = factories.make_account(workspace)
    factories.make_board(account)
    held = factories.make_account(workspace, username="held", health=Health.HELD)
    factories.make_board(held)

    def ago(seconds: int) -> datetime:
        return now - timedelta(seconds=seconds)

    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=ago(90))
    factories.make_pin(workspace, account, status=Status.PUBLISHING, publish_at=ago(60))
    # Was put off for an hour, and that hour is over.
    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=ago(3700), due_at=ago(100))
    # Waits for its next try.
    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=ago(300), due_at=ago(-600))
    factories.make_pin(workspace, held, status=Status.SCHEDULED, publish_at=ago(7200))
    # Sent, and nobody knows whether it arrived: the board is read again and again.
    factories.make_pin(
        workspace, account, status=Status.PUBLISHING, publish_at=ago(200), reason_code="checking"
    )
    # Waits for a person: overdue after an outage.
    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=ago(100_000), due_at=None)
    # Nothing is late here: on its way, to come, out.
    factories.make_pin(workspace, account, status=Status.PUBLISHING, publish_at=ago(1))
    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=ago(-60))
    factories.make_pin(workspace, account, status=Status.PUBLISHED, publish_at=ago(9000))

    found = numbers(client)
    assert [found[late(what)] for what in operations.WaitsFor] == [3, 2, 1, 1]
    assert found[lateness("nothing")] == pytest.approx(100, abs=10)
    assert found[lateness("next_try")] == pytest.approx(300, abs=10)
    assert found[lateness("account")] == pytest.approx(7200, abs=10)
    assert found[lateness("person")] == pytest.approx(100_000, abs=10)


@pytest.mark.django_db
def test_live_attempts_are_counted_and_the_oldest_unknown_one_is_dated(
    client: Client, workspace: Workspace
) -> None:
    now = timezone.now()
    for state, seconds in (
        (AttemptState.CLAIMED, 1),
        (AttemptState.SENT, 2),
        (AttemptState.UNKNOWN, 40),
        (AttemptState.UNKNOWN, 400),
        (AttemptState.SUCCEEDED, 9000),
        (AttemptState.REFUSED, 9000),
    ):
        attempt(factories.make_pin(workspace), state, now - timedelta(seconds=seconds))
    found = numbers(client)
    assert {k: v for k, v in found.items() if k.startswith("pinsched_attempts")} == {
        'pinsched_attempts{state="claimed"}': 1,
        'pinsched_attempts{state="sent"}': 1,
        'pinsched_attempts{state="unknown"}': 2,
    }
    assert found["pinsched_unknown_seconds"] == pytest.approx(400, abs=10)


@pytest.mark.django_db
def test_changes_of_live_pins_that_are_not_done_are_counted_and_the_oldest_in_doubt_is_dated(
    client: Client, workspace: Workspace
) -> None:
    now = timezone.now()
    for state, seconds in (
        (LiveState.WAITING, 1),
        (LiveState.SENT, 30),
        (LiveState.SENT, 300),
        (LiveState.REFUSED, 9000),
        (LiveState.DONE, 9000),
        (LiveState.WITHDRAWN, 9000),
    ):
        pin, at = factories.make_pin(workspace, status=Status.PUBLISHED), now - timedelta(seconds=seconds)
        sent = None if state == LiveState.WAITING else at
        LiveChange.objects.create(pin=pin, kind=LiveKind.DELETE, state=state, due_at=at, sent_at=sent)
    found = numbers(client)
    assert {k: v for k, v in found.items() if k.startswith("pinsched_live_changes")} == {
        'pinsched_live_changes{state="waiting"}': 1,
        'pinsched_live_changes{state="sent"}': 2,
        'pinsched_live_changes{state="refused"}': 1,
    }
    assert found["pinsched_live_change_unknown_seconds"] == pytest.approx(300, abs=10)


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_rows(
    client: Client, workspace: Workspace, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(QUERIES):
        numbers(client)
    account = factories.make_account(workspace)
    factories.make_board(account)
    Pin.objects.bulk_create(
        Pin(workspace=workspace, status=status, publish_at=timezone.now()) for status in (Status.DRAFT,) * 300
    )
    for _ in range(5):
        attempt(factories.make_pin(workspace, account), AttemptState.UNKNOWN, timezone.now())
    with django_assert_num_queries(QUERIES):
        assert numbers(client)['pinsched_pins{status="draft"}'] == 305


@pytest.mark.django_db
def test_queues_are_as_deep_as_celery_made_them(client: Client) -> None:
    """What the key of a queue is called is Celery's business: this holds our reading to it."""
    before = numbers(client)
    with app.connection_for_write() as broker:
        for queue in ("media", "media", "analytics"):
            app.send_task("nobody.takes.this", queue=queue, connection=broker)
        after = numbers(client)
        for queue, sent in (("media", 2), ("analytics", 1), ("dispatch", 0), ("publish", 0)):
            name = f'pinsched_queue_messages{{queue="{queue}"}}'
            assert after[name] - before[name] == sent
        for queue in ("media", "analytics"):
            broker.SimpleQueue(queue).clear()


# When something is away --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_redis_all_but_the_queues_is_told(client: Client, settings: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
        found = numbers(client)
    assert found["pinsched_redis_up"] == 0
    assert 'pinsched_pins{status="draft"}' in found
    assert not [name for name in found if name.startswith("pinsched_queue")]


@pytest.mark.django_db
def test_without_the_database_prometheus_sees_a_failed_scrape(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away):
        answer = client.get("/metrics")
    assert (answer.status_code, answer.content) == (503, b"The database is not reachable.\n")
    assert [record.message for record in caplog.records] == ["metrics.unavailable"]


@pytest.mark.django_db
def test_a_prometheus_that_asks_for_open_metrics_gets_it(client: Client) -> None:
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")
    assert queues.names() == ["analytics", "dispatch", "fetch", "media", "publish"]
