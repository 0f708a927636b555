"""What an operator relies on: refused settings, the Procfile's processes, their signals and their logs.

Everything here runs in processes of its own, started as an operator would, with the environment named here.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
import requests
from django.test import Client
from django.utils import timezone

from accounts import boards, renewal
from accounts.models import PinterestAccount, User, Workspace
from accounts.pinterest import errors
from pins import tasks
from pins.models import Pin, Status
from pins.publish import dispatch
from tests.conftest import ROOT, SignIn
from tests.support import factories, publishing
from tests.support.ports import free_port
from tests.support.processes import children, command, is_alive
from tests.support.production import (
    APP_SECRET,
    INTERNAL,
    SEAL,
    SECRET_KEY,
    Running,
    procfile,
    python,
    run,
    settings_of,
)
from tests.support.simulated import Simulator
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.processes

# Settings that are refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": SECRET_KEY[:49]}, "SECRET_KEY to at least 50"),
        ({"SECRET_KEY": "change-me-to-at-least-fifty-random-characters-please"}, "SECRET_KEY"),
        ({"TOKEN_ENCRYPTION_KEYS": ""}, "TOKEN_ENCRYPTION_KEYS"),
        ({"DEBUG": "1"}, "DEBUG is on, but BASE_URL is https://pins.example.com"),
    ],
)
def test_production_refuses(changes: dict[str, str], words: str) -> None:
    done = python("import django; django.setup()", DJANGO_SETTINGS_MODULE="pinsched.settings", **changes)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured")
    assert words in last
    assert SECRET_KEY not in done.stderr


def test_debug_off_is_the_default_and_works_on_loopback() -> None:
    assert settings_of("DEBUG", BASE_URL="http://localhost:8000", DEBUG="") == [False]
    assert settings_of("DEBUG", BASE_URL="http://127.0.0.1:8000", DEBUG="1") == [True]


def test_a_key_that_is_no_fernet_key_is_found_by_check() -> None:
    done = run(sys.executable, "manage.py", "check", TOKEN_ENCRYPTION_KEYS=f"{SEAL},nonsense")
    assert done.returncode == 1
    assert "Key 2 in TOKEN_ENCRYPTION_KEYS is no Fernet key" in done.stderr
    assert "nonsense" not in done.stderr


def test_check_deploy_has_nothing_to_say_of_an_https_deployment() -> None:
    done = run(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def test_check_says_when_the_pinterest_app_is_missing() -> None:
    done = run(sys.executable, "manage.py", "check", PINTEREST_APP_ID="", PINTEREST_APP_SECRET="")
    assert done.returncode == 0
    assert "pinsched.W001" in done.stderr


SAFE: Final = (
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SESSION_COOKIE_NAME",
)


def test_secure_cookies_hsts_and_the_redirect_follow_the_scheme() -> None:
    plain = {"BASE_URL": "http://localhost:8000"}
    assert settings_of(*SAFE) == [True, True, True, 31_536_000, True, "__Host-sessionid"]
    assert settings_of(*SAFE, **plain) == [False, False, False, 0, False, "sessionid"]


# Where the database is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "options", "name"),
    [
        ("postgres:///pins?host=/var/run/postgresql", "", {"host": "/var/run/postgresql"}, "pins"),
        ("postgres://%2Fvar%2Frun%2FPostgreSQL/pins", "/var/run/PostgreSQL", {}, "pins"),
        ("postgresql://me:p%40ss@%2Ftmp%2Fpg:5433/pins", "/tmp/pg", {}, "pins"),
        (
            "postgres://me@db.example.com:5433/pins?sslmode=require",
            "db.example.com",
            {"sslmode": "require"},
            "pins",
        ),
    ],
)
def test_unix_sockets_and_hosts_are_read_from_the_database_url(
    url: str, host: str, options: dict[str, str], name: str
) -> None:
    found = settings_of("DATABASES", DATABASE_URL=url)[0]["default"]
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert found["OPTIONS"].pop("options").startswith("-c idle_in_transaction_session_timeout=")
    assert (found["HOST"], found["OPTIONS"], found["NAME"]) == (host, options, name)


def test_an_operators_own_database_options_stand() -> None:
    url = "postgres:///pins?options=-c%20lock_timeout%3D1s"
    assert settings_of("DATABASES", DATABASE_URL=url)[0]["default"]["OPTIONS"] == {
        "options": "-c lock_timeout=1s"
    }


def test_a_unix_socket_is_reached_however_it_is_written() -> None:
    parts = urlsplit(os.environ["DATABASE_URL"])
    folder = re.search(r"host=(/[^&]+)", parts.query)
    if not folder:
        pytest.skip("the PostgreSQL of these tests is not reached by a Unix socket")
    who = parts.netloc.rpartition("@")[0]
    code = (
        "import django; django.setup(); from django.db import connection; "
        "connection.ensure_connection(); print(connection.connection.info.host)"
    )
    for url in (
        f"postgres://{who}@{quote(folder[1], safe='')}{parts.path}",
        f"postgres://{who}@{parts.path}?host={folder[1]}",
    ):
        done = python(code, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="pinsched.settings")
        assert (done.stdout.strip(), done.returncode) == (folder[1], 0), done.stderr


# The Procfile ------------------------------------------------------------------------------------------


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


# The Content-Security-Policy ---------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/admin/login/", "/nothing/"])
def test_the_content_security_policy_allows_nothing_unsafe(path: str, client: Client, settings: Any) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    directives = {
        name: values.split()
        for name, _, values in (part.strip().partition(" ") for part in policy.split(";"))
    }
    assert "unsafe" not in policy
    assert directives["default-src"] == ["'self'"]
    assert directives["form-action"] == ["'self'", settings.OAUTH_ORIGIN]
    assert directives["frame-ancestors"] == ["'none'"]
    assert {"'self'", "data:", "blob:", settings.LIVE_IMAGE_ORIGIN} == set(directives["img-src"])


def test_the_forms_may_lead_to_the_consent_page_that_is_set() -> None:
    url = "http://localhost:8100/oauth/"
    (policy,) = settings_of("CONTENT_SECURITY_POLICY", PINTEREST_OAUTH_URL=url)
    assert policy["DIRECTIVES"]["form-action"] == ["'self'", "http://localhost:8100"]


# Logs --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_tasks_log_lines_carry_its_id(
    workspace: Workspace, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    picture = factories.make_media(workspace, ready=False)
    result = tasks.prepare_media.apply((picture.pk,))
    (ready,) = [line for line in lines() if line["event"] == "media.ready"]
    assert ready["task_id"] == result.id
    assert ready["media"] == picture.pk


@pytest.mark.django_db
def test_a_requests_log_lines_carry_its_id(
    alice: User, workspace: Workspace, client_of: SignIn, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = client_of(alice).post("/workspaces/new/", {"name": "Another", "time_zone": "Europe/Lisbon"})
    assert answer.status_code == 302
    ids = {line["event"]: line["request_id"] for line in lines()}
    assert ids["workspace.created"] == ids["request.done"] == answer["X-Request-Id"]


@pytest.mark.django_db
def test_no_log_line_shows_a_token_or_what_a_pin_says(
    account: PinterestAccount,
    workspace: Workspace,
    simulator: Simulator,
    alice: User,
    client_of: SignIn,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    """Even at DEBUG, and when calls fail."""
    pair = {account.access_token.reveal(), account.refresh_token.reveal()}
    secrets = pair | {"simulator-secret", "correct-horse-battery"}
    now = timezone.now()
    pin = factories.make_pin(
        workspace,
        account,
        status=Status.SCHEDULED,
        publish_at=now,
        picture=factories.make_media(workspace),
        title="A title for nobody's eyes",
        link="https://alderandoat.example/secret-sale",
    )
    for claim in dispatch.claim(now=now):
        publishing.send(claim.attempt)
    assert Pin.objects.get(pk=pin.pk).status == Status.PUBLISHED
    simulator.fault("status", status=500, path="/boards", times=1)
    with contextlib.suppress(errors.PinterestError):
        boards.sync(account, now=now)
    renewal.refresh_due(now=now + timedelta(days=29))
    account.refresh_from_db()
    secrets |= {account.access_token.reveal(), account.refresh_token.reveal()}
    client_of(alice).post("/settings/tokens/", {"name": "Script"})
    client_of(alice).get("/accounts/pinterest/callback/?code=pinc_secret_code&state=nonsense")

    written = json.dumps(lines(), ensure_ascii=False)
    assert "pin.published" in written
    for secret in secrets | {"pina_", "pinr_", "ps_", "pinc_secret_code", "A title for", "secret-sale"}:
        assert secret not in written


# The environment ---------------------------------------------------------------------------------------

# Set by `make run` for itself; no operator's business.
NOT_YET: Final = "Not read yet"


def test_the_example_explains_every_variable_that_is_read() -> None:
    example = (ROOT / ".env.example").read_text()
    now, _, later = example.partition(NOT_YET)
    explained = re.findall(r"^#([A-Z][A-Z0-9_]+)=", now, re.MULTILINE)
    read = set(re.findall(r"env\.[a-z]+\(\s*[\"']([A-Z0-9_]+)", (ROOT / "pinsched/settings.py").read_text()))
    for file in ("gunicorn.conf.py", "pinsched/run.py", "pinsched/runfile.py", "pinsched/worker.py"):
        asked = r"environ(?:\.get|\.setdefault)?[(\[]\s*[\"']([A-Z0-9_]+)"
        read |= set(re.findall(asked, (ROOT / file).read_text()))
    assert set(explained) == read - INTERNAL
    assert len(explained) == len(set(explained))
    assert not set(re.findall(r"^#([A-Z0-9_]+)=", later, re.MULTILINE)) & read


def test_the_example_explains_each_variable_on_the_line_above() -> None:
    before = ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if re.match(r"#[A-Z0-9_]+=", line):
            assert before.startswith(("# ", "#S3_")), f"{line} is not explained"
        before = line


def test_the_examples_secret_key_is_the_one_that_settings_refuse() -> None:
    (example,) = re.findall(r"^#SECRET_KEY=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert settings_of("EXAMPLE_SECRET_KEY") == [example]


# make run ------------------------------------------------------------------------------------------


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
