"""What people and programs get while the database or Redis is away: never a crash, always when to ask again.

Each question is asked in a process of its own, whose servers nobody has started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from accounts import api_tokens
from accounts.models import User, Workspace
from pins import enqueue, tasks
from pins.media import intake, preparing
from pinsched.celery import app
from tests.conftest import ROOT
from tests.support import factories, image_corpus
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.processes

ASK: Final = """
import io, json, os, resource, signal, sys, django
django.setup()
from django.test import Client
if room := os.environ.get("ROOM"):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), int(room)))
method, path, body, headers, cookies = json.loads(sys.stdin.read())
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
client.cookies.load(cookies)
if body and "file" in body:
    body["file"] = io.BytesIO(bytes(body["file"]))
answer = getattr(client, method)(path, body, headers=headers)
print(json.dumps([answer.status_code, dict(answer.headers), answer.content.decode()]))
"""


def ask(
    without: dict[str, str],
    method: str,
    path: str,
    body: dict[str, str | int] | None = None,
    *,
    headers: dict[str, str] | None = None,
    cookies: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=os.environ | {"DEBUG": "0", "BASE_URL": "http://localhost:8000"} | without,
        input=json.dumps([method, path, body, headers, cookies or {}]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, found, content = json.loads(done.stdout.splitlines()[-1])
    return status, found, content


def no_database() -> dict[str, str]:
    return {"DATABASE_URL": f"postgres://nobody@127.0.0.1:{free_port()}/nothing"}


def no_room() -> dict[str, str]:
    return {"ROOM": "100000"}  # bytes of a file


def no_redis() -> dict[str, str]:
    return {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}


SIGNED_IN: Final = {"sessionid": "0123456789abcdef0123456789abcdef"}


@pytest.mark.parametrize("path", ["/", "/pins/", "/admin/", "/notifications/"])
def test_without_the_database_a_page_says_that_it_tries_again_by_itself(path: str) -> None:
    status, headers, page = ask(no_database(), "get", path, cookies=SIGNED_IN)
    assert (status, headers["Retry-After"]) == (503, "10")
    assert "will be back in a moment" in page
    assert '<meta http-equiv="refresh" content="10">' in page
    assert "Content-Security-Policy" in headers


def test_what_was_sent_meanwhile_is_not_sent_again_by_itself() -> None:
    form: dict[str, str | int] = {"login": "a@example.com", "password": "whatever"}
    status, _, page = ask(no_redis(), "post", "/accounts/login/", form)
    assert status == 503
    assert "may not be saved" in page
    assert "http-equiv" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_database_the_api_says_when_to_ask_again(method: str) -> None:
    token = {"Authorization": "Bearer ps_anything"}
    status, headers, said = ask(no_database(), method, "/api/v1/pins", headers=token)
    assert (status, headers["Retry-After"]) == (503, "10")
    error: dict[str, Any] = json.loads(said)["error"]
    assert error["code"] == "unavailable"


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's own connections, made anew to an address where nobody listens."""
    monkeypatch.setitem(app.conf, "broker_url", no_redis()["REDIS_URL"])
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_broker")
def test_an_upload_whose_message_found_no_broker_is_prepared_at_the_next_sweep(workspace: Workspace) -> None:
    now = timezone.now()
    photo = factories.upload(image_corpus.encoded(image_corpus.photo(300, 450)))
    upload = intake.accept(workspace, upload=photo, name="photo.jpg", user=None, now=now)
    assert preparing.forgotten(now) == []
    enqueue.prepare(upload.pk)
    assert preparing.forgotten(timezone.now()) == [upload.pk]
    assert preparing.forgotten(timezone.now()) == []  # its message is on the way


@pytest.mark.usefixtures("no_broker")
def test_a_message_that_finds_no_broker_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", slept.append)
    assert enqueue._send(tasks.dispatch) is False
    assert sum(slept) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_large_upload_that_finds_no_room_here_may_be_sent_again(bob: User, workspace: Workspace) -> None:
    _, plain = api_tokens.issue(bob, workspace, name="test")
    house = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    without = no_room() | {"DATABASE_URL": urlunsplit(house)}
    status, headers, said = ask(
        without, "post", "/api/v1/media", {"file": 3_000_000}, headers={"Authorization": f"Bearer {plain}"}
    )
    assert (status, headers["Retry-After"]) == (503, "10"), said
    assert json.loads(said)["error"]["code"] == "unavailable"
