"""What an operator relies on: settings that are refused, where the database is, what the example explains.

What needs a process of its own is started as an operator would, with the environment named here.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pytest
from django.test import Client

from tests.conftest import ROOT
from tests.support.production import (
    INTERNAL,
    SEAL,
    SECRET_KEY,
    python,
    run,
    settings_of,
)

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
