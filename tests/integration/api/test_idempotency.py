from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.utils import timezone

from accounts.models import IdempotencyKey, User, Workspace
from accounts.models.idempotency import KEPT_FOR, LEASE
from pins.models import Media, Pin
from tests.integration.api.conftest import Answer, Caller
from tests.support import factories

pytestmark = pytest.mark.django_db
KEY = {"Idempotency_Key": "row 17"}


def test_the_same_request_again_gets_the_first_answer(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    first = as_bob.post("pins", pin_body | {"publish_at": "now"}, **KEY)
    reordered = dict(reversed((pin_body | {"publish_at": "now"}).items()))
    again = as_bob.post("pins", reordered, **KEY)
    assert (first.status, again.status) == (201, 201)
    assert first.text == again.text
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Pin.objects.count() == 1


def test_another_request_under_the_same_key_is_refused(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    made = as_bob.post("pins", pin_body, **KEY)
    for path, body in (("pins", pin_body | {"title": "x"}), (f"pins/{made.body['id']}/retry", None)):
        answer = as_bob.post(path, body, **KEY)
        assert (answer.status, answer.code) == (409, "idempotency_mismatch")
    assert Pin.objects.count() == 1


def test_a_key_is_its_tokens_own(
    as_bob: Caller, bob: User, workspace: Workspace, pin_body: dict[str, Any]
) -> None:
    as_bob.post("pins", pin_body, **KEY)
    assert Caller(bob, workspace).post("pins", pin_body, **KEY).status == 201
    assert as_bob.post("pins", pin_body).status == 201
    assert as_bob.post("pins", pin_body, Idempotency_Key="row 18").status == 201
    assert Pin.objects.count() == 4


def test_a_refused_request_leaves_its_key_free(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    refused = as_bob.post("pins", pin_body | {"media": [], "publish_at": "now"}, **KEY)
    assert refused.status == 422
    assert not Pin.objects.exists()
    assert as_bob.post("pins", pin_body | {"publish_at": "now"}, **KEY).status == 201


def test_a_key_is_forgotten_after_a_day(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        as_bob.post("pins", pin_body, **KEY)
        clock.shift(KEPT_FOR - timedelta(minutes=1))
        as_bob.post("pins", pin_body, **KEY)
        assert Pin.objects.count() == 1
        clock.shift(timedelta(minutes=2))
        as_bob.post("pins", pin_body | {"title": "x"}, **KEY)
        assert Pin.objects.count() == 2
    assert IdempotencyKey.objects.count() == 1


def test_a_request_that_died_holds_its_key_for_a_minute(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        as_bob.post("pins", pin_body, **KEY)
        Pin.objects.all().delete()
        IdempotencyKey.objects.update(status=None, body="")
        running = as_bob.post("pins", pin_body, **KEY)
        assert (running.status, running.code, running.headers["Retry-After"]) == (409, "in_progress", "1")
        clock.shift(LEASE + timedelta(seconds=1))
        assert as_bob.post("pins", pin_body, **KEY).status == 201
        assert as_bob.post("pins", pin_body, **KEY).headers["Idempotency-Replayed"]
    assert Pin.objects.count() == 1


def test_uploads_and_moves_take_keys_too(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    photo, other = factories.jpeg(600, 900), factories.jpeg(600, 901)
    first, again = (as_bob.upload(photo, Idempotency_Key="photo") for _ in range(2))
    assert first.text == again.text
    assert as_bob.upload(other, Idempotency_Key="photo").code == "idempotency_mismatch"
    path = f"pins/{as_bob.post('pins', pin_body | {'publish_at': '2031-01-01T00:00:00Z'}).body['id']}"
    assert as_bob.post(f"{path}/unschedule", **KEY).text == as_bob.post(f"{path}/unschedule", **KEY).text
    assert as_bob.post(f"{path}/unschedule").status == 409
    assert as_bob.post(f"{path}/retry", b"\xff{", Idempotency_Key="odd body").status == 409
    assert Media.objects.count() == 2  # the one of pin_body


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
def test_a_key_is_printable_ascii(as_bob: Caller, pin_body: dict[str, Any], key: str) -> None:
    answer = as_bob.post("pins", pin_body, Idempotency_Key=key)
    assert (answer.status, list(answer.fields)) == (422, ["Idempotency-Key"])
    assert not Pin.objects.exists()


@pytest.fixture
def _threads_share_the_database() -> None:
    """SQLite in memory knows only one writer, and no waiting; in a file, as PinSched uses it, it waits."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]  # SQLite's
        pytest.skip("SQLite in memory")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_threads_share_the_database")
def test_many_at_once_make_one(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    callers = 6
    together, answers = threading.Barrier(callers), []

    def call() -> None:
        together.wait()
        answers.append(as_bob.post("pins", pin_body | {"publish_at": "2031-01-01T00:00:00Z"}, **KEY))
        close_old_connections()
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Pin.objects.count() == 1
    made: list[Answer] = [answer for answer in answers if answer.status == 201]
    assert len({answer.text for answer in made}) == 1
    assert {answer.code for answer in answers if answer.status != 201} <= {"in_progress"}
    assert len(answers) == callers


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_threads_share_the_database")
def test_two_changes_at_once_both_count(as_bob: Caller, pin_body: dict[str, Any]) -> None:
    path = f"pins/{as_bob.post('pins', pin_body).body['id']}"
    for round_ in range(5):
        changes = [{"title": f"t{round_}"}, {"description": f"d{round_}"}, {"alt_text": f"a{round_}"}]
        together = threading.Barrier(len(changes))

        def call(change: dict[str, str], together: threading.Barrier = together) -> None:
            together.wait()
            assert as_bob.patch(path, change).status == 200
            connection.close()

        threads = [threading.Thread(target=call, args=(change,)) for change in changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = as_bob.get(path).body
        assert (found["title"], found["description"], found["alt_text"]) == (
            f"t{round_}",
            f"d{round_}",
            f"a{round_}",
        )
