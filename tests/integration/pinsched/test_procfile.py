"""The Procfile's processes and `make run`: their starts, their ends, their signals, and what they answer."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import requests
from django.utils import timezone

from tests.conftest import ROOT
from tests.support.ports import free_port
from tests.support.processes import children, command, is_alive
from tests.support.production import (
    APP_SECRET,
    SEAL,
    SECRET_KEY,
    Running,
    procfile,
    run,
)
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.processes


def test_each_line_of_the_procfile_is_one_plain_command() -> None:
    assert set(procfile()) == {"web", "worker", "beat", "release"}
    for line in procfile().values():
        words = shlex.split(line)
        assert words[0] in ("python", "gunicorn", "celery")
        assert not set(line) & set("&|;<>$`()*?=")
    assert procfile()["release"] == "python manage.py migrate --noinput"


class House:
    """A database of its own on the tests' PostgreSQL, and a corner of their Redis."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.started: list[Running] = []
        self.changes = {
            "DATABASE_URL": database,
            "REDIS_URL": urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/9")),
            "MEDIA_ROOT": str(folder / "media"),
        }

    def start(self, name: str, **more: str) -> Running:
        running = Running(name, self.folder, **self.changes | {"BASE_URL": "http://localhost:8000"} | more)
        self.started.append(running)
        return running

    def seen_at(self, part: str) -> datetime | None:
        with psycopg.connect(self.database) as connection:
            row = connection.execute("SELECT seen_at FROM pins_heartbeat WHERE name = %s", [part]).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database that the Procfile's `release` has been run on."""
    name = f"pinsched_procfile_{os.getpid()}"
    server = os.environ["DATABASE_URL"]
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            done = run(*shlex.split(procfile()["release"]), DATABASE_URL=url)
            assert done.returncode == 0, done.stderr
            yield url
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def house(migrated: str, tmp_path: Path) -> Iterator[House]:
    found = House(migrated, tmp_path)
    yield found
    for running in found.started:
        if running.process.poll() is None:
            running.kill()


def answers(url: str, **more: Any) -> requests.Response | None:
    with contextlib.suppress(requests.ConnectionError, requests.Timeout):
        return requests.get(url, timeout=5, allow_redirects=False, **more)
    return None


def test_every_process_starts_twice_in_one_folder_and_ends_at_sigterm(house: House) -> None:
    ports = free_port(), free_port()
    webs = [house.start("web", PORT=str(port)) for port in ports]
    workers = [house.start("worker"), house.start("worker")]
    beat = house.start("beat")
    for port in ports:
        wait_until(partial(answers, f"http://127.0.0.1:{port}/healthz"), what="healthz")
    for worker in workers:
        wait_until(worker.nodes_ready, what="both nodes ready")

    def is_ready() -> bool:
        answer = answers(f"http://127.0.0.1:{ports[1]}/readyz")
        return answer is not None and answer.status_code == 200

    wait_until(is_ready, what="readyz")

    # One beat takes over from another.
    second = house.start("beat")
    assert beat.end() == 0
    later = timezone.now() + timedelta(
        seconds=4
    )  # more than a tick: what the first one sent is taken by then
    wait_until(lambda: (at := house.seen_at("beat")) and at > later, what="the second beat's heartbeat")
    wait_until(is_ready, what="readyz")

    for running in (second, *workers, *webs):
        began = children(running.process.pid)
        assert running.end() == 0, running.text()
        assert not [pid for pid in began if is_alive(pid)]
        assert "Traceback" not in running.text()
        assert all(event["event"] and event["at"] for event in running.events())
    said = {event["event"] for event in webs[0].events()}
    assert any(event.startswith("Listening at") for event in said)
    assert not [name for name in ("celerybeat.pid", "celerybeat-schedule") if (ROOT / name).exists()]


@pytest.mark.parametrize("victim", ["worker@", "media@"])
def test_when_one_node_dies_the_other_ends_and_the_launcher_says_so(victim: str, house: House) -> None:
    worker = house.start("worker")
    wait_until(worker.nodes_ready, what="both nodes ready")
    family = children(worker.process.pid)
    # The launcher's own children are the two nodes; what is below them are pool processes.
    (node,) = [pid for pid in family[:2] if victim in command(pid)]
    os.kill(node, signal.SIGKILL)
    assert worker.process.wait(PATIENCE) == 1
    wait_until(lambda: not [pid for pid in family if is_alive(pid)], what="nobody of the family is left")


def test_plain_http_on_loopback_works_without_debug(house: House) -> None:
    port = free_port()
    at = f"http://localhost:{port}"
    web = house.start("web", PORT=str(port), BASE_URL=at)
    wait_until(lambda: answers(f"{at}/healthz"), what="healthz")
    page = requests.get(f"{at}/", timeout=PATIENCE)
    assert page.status_code == 200
    assert page.url.startswith(f"{at}/accounts/login/")
    assert "Strict-Transport-Security" not in page.headers
    assert "secure" not in page.headers["Set-Cookie"].lower()
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        assert requests.get(at + address, timeout=PATIENCE).status_code == 200, address
    missing = requests.get(f"{at}/nothing/", timeout=PATIENCE)
    assert missing.status_code == 404
    assert "urlpatterns" not in missing.text
    assert (
        requests.get(f"{at}/healthz", headers={"Host": "evil.example"}, timeout=PATIENCE).status_code == 200
    )
    assert requests.get(f"{at}/", headers={"Host": "evil.example"}, timeout=PATIENCE).status_code == 400
    assert web.end() == 0

    # One JSON line a request, under the id that the answer carried.
    lines = [event for event in web.events() if event["event"] == "request.done"]
    by_id = {event["request_id"]: event for event in lines}
    assert by_id[page.headers["X-Request-Id"]]["path"] == "/accounts/login/"
    assert by_id[missing.headers["X-Request-Id"]]["status"] == 404
    assert len(by_id) == len(lines)
    for secret in (SECRET_KEY, SEAL, APP_SECRET):
        assert secret not in web.text()


def test_behind_a_proxy_https_is_required_and_kept(house: House) -> None:
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    house.start("web", PORT=str(port), BASE_URL="https://pins.example.com", TRUSTED_PROXY="1")
    wait_until(lambda: answers(f"{at}/healthz"), what="healthz")
    plain = answers(
        f"{at}/accounts/login/", headers={"Host": "pins.example.com", "X-Forwarded-Proto": "http"}
    )
    assert plain is not None
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://pins.example.com/accounts/login/")
    page = answers(
        f"{at}/accounts/login/", headers={"Host": "pins.example.com", "X-Forwarded-Proto": "https"}
    )
    assert page is not None
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "; Secure" in page.headers["Set-Cookie"]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_in_use_is_said_plainly(family: socket.AddressFamily, tmp_path: Path) -> None:
    with socket.socket(family) as taken:
        try:
            taken.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        taken.listen()
        port = taken.getsockname()[1]
        done = run(sys.executable, "-m", "pinsched.run", PORT=str(port), PINSCHED_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"pinsched: port {port} is in use.")
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout
    assert not (tmp_path / "home").exists()
