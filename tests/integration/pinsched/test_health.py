"""`/healthz` and `/readyz`: green when all is well, otherwise naming what is red."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from pins.models import Heartbeat
from pinsched import zonedata
from pinsched.readiness import PARTS, SILENT_AFTER
from tests.conftest import ROOT
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

PROBLEMS = """
import json, django
django.setup()
from pinsched import readiness
print(json.dumps(readiness.problems()))
"""


def problems_with(**environment: str) -> dict[str, str]:
    """What a process that is started with these variables finds."""
    done = subprocess.run(
        [sys.executable, "-c", PROBLEMS],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def all_are_alive() -> None:
    for part in PARTS:
        Heartbeat.objects.beat(part, timezone.now())


def ready(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["red"]


@pytest.mark.django_db
def test_ready_says_which_zone_data_is_in_use_and_warns_of_old_one(client: Client, tmp_path: Path) -> None:
    all_are_alive()
    assert client.get("/readyz").json()["zone_data"] == {"in_use": str(zonedata.in_use())}
    with time_machine.travel("2099-01-01", tick=False):
        answer = client.get("/readyz").json()["zone_data"]
    assert answer["warning"].startswith(f"{zonedata.in_use().version} is old")


@pytest.mark.django_db
def test_ready_when_every_part_was_seen_lately(client: Client) -> None:
    all_are_alive()
    assert ready(client) == (200, {})
    assert client.get("/readyz").json()["status"] == "ok"


@pytest.mark.django_db
def test_a_part_that_was_never_seen_is_named(client: Client) -> None:
    Heartbeat.objects.beat("worker", timezone.now())
    assert ready(client) == (503, {"beat": "never seen", "media": "never seen"})


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_fell_silent_is_named(part: str, client: Client) -> None:
    all_are_alive()
    Heartbeat.objects.beat(part, timezone.now() - SILENT_AFTER - timedelta(seconds=1))
    status, red = ready(client)
    assert (status, list(red)) == (503, [part])
    assert red[part].startswith("silent for 3")


@pytest.mark.django_db
def test_a_redis_that_does_not_answer_is_named(client: Client, settings: Any) -> None:
    all_are_alive()
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert ready(client) == (503, {"redis": "not reachable: ConnectionError"})
    settings.REDIS_URL = "nonsense"
    assert ready(client) == (503, {"redis": "REDIS_URL is no address"})


@pytest.mark.django_db
def test_a_migration_that_was_not_applied_is_named(client: Client) -> None:
    all_are_alive()
    newest = MigrationLoader(connection).graph.leaf_nodes("pins")[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    status, red = ready(client)
    assert (status, list(red)) == (503, ["migrations"])
    assert "manage.py migrate" in red["migrations"]


def test_an_empty_database_has_no_migrations(tmp_path: Path) -> None:
    assert list(problems_with(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}")) == ["migrations"]


def test_a_database_that_does_not_answer_is_named() -> None:
    url = f"postgres://nobody@127.0.0.1:{free_port()}/nothing"
    assert problems_with(DATABASE_URL=url) == {"database": "not reachable: OperationalError"}


def test_database_and_redis_are_both_named_when_both_are_away() -> None:
    port = free_port()
    found = problems_with(
        DATABASE_URL=f"postgres://nobody@127.0.0.1:{port}/nothing", REDIS_URL=f"redis://127.0.0.1:{port}/0"
    )
    assert set(found) == {"database", "redis"}


def test_the_process_answers_without_database_session_host_or_https(client: Client, settings: Any) -> None:
    """pytest-django forbids the database here: a query would fail the test."""
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/healthz", headers={"host": "10.1.2.3:9"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert not answer.cookies


@pytest.mark.django_db
def test_readiness_is_told_to_any_host_without_session_or_https(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    all_are_alive()
    answer = client.get("/readyz", headers={"host": "10.1.2.3:9"})
    assert answer.status_code == 200
    assert not answer.cookies
