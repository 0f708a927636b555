"""The cast and the servers that tests share.

Alice owns the workspace, Bob is an editor in it, Vera a viewer; Charlie is a stranger with a workspace of
his own: each rule of access is one line to test.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone

from accounts import counters
from accounts.models import PinterestAccount, Role, User, Workspace
from tests import factories

ROOT = Path(__file__).resolve().parent.parent


class Time:
    """A clock that tests move forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return timezone.now() + self.ahead

    def passes(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Time:
    return Time()


@dataclass(frozen=True)
class Simulator:
    """The stand-in for Pinterest, in a process of its own."""

    url: str

    @property
    def api_url(self) -> str:
        return f"{self.url}/v5"

    def control(self, path: str, json: object = None, *, method: str = "POST") -> Any:
        answer = requests.request(method, f"{self.url}/_control/{path}", json=json, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def reset(self) -> None:
        self.control("reset")
        self.control("config", {"tier": "standard", "latency_ms": 0, "limits": {}, "decode": "full"})
        self.control("faults", method="DELETE")

    def person(self, username: str = "alderandoat", **more: object) -> Any:
        return self.control("people", {"username": username, **more})

    def fault(self, kind: str, **rule: object) -> Any:
        return self.control("faults", {"kind": kind, **rule})

    def pins(self, username: str = "alderandoat") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control(f"pins?username={username}", method="GET")["pins"]
        return found

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("calls?since=0", method="GET")["calls"]
        return found


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    with tempfile.TemporaryDirectory(prefix="ps-sim-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "pinsched.simulator", "--port", "0", "--data", folder],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert "listening on " in line, line
        yield Simulator(line.rpartition(" ")[2])
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture
def simulator(simulator_process: Simulator, settings: Any) -> Simulator:
    """Fresh, and the one that our settings point at."""
    simulator_process.reset()
    settings.PINTEREST_API_URL = simulator_process.api_url
    settings.PINTEREST_OAUTH_URL = f"{simulator_process.url}/oauth/"
    settings.PINTEREST_APP_ID = "simulator"
    settings.PINTEREST_APP_SECRET = "simulator-secret"
    # What an earlier test taught us of its limits.
    redis = counters.here().redis
    if known := list(redis.scan_iter(f"pinsched:quota:*{simulator_process.api_url}*")):
        redis.delete(*known)
    return simulator_process


@pytest.fixture(autouse=True)
def _media_in_a_new_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """Real hashing takes a tenth of a second by design; no test is about it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db: None) -> User:
    return factories.make_user("alice@example.com", name="Alice Owner")


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return factories.make_workspace(alice, name="Alder & Oat")


@pytest.fixture
def bob(workspace: Workspace) -> User:
    return factories.make_member(workspace, "bob@example.com", Role.EDITOR)


@pytest.fixture
def vera(workspace: Workspace) -> User:
    return factories.make_member(workspace, "vera@example.com", Role.VIEWER)


@pytest.fixture
def charlie(db: None) -> User:
    user = factories.make_user("charlie@example.com", name="Charlie Stranger")
    factories.make_workspace(user, name="Elsewhere")
    return user


@pytest.fixture
def account(workspace: Workspace, simulator: Simulator) -> PinterestAccount:
    """Connected to the simulator, with its boards."""
    return factories.connect(workspace, simulator)


@pytest.fixture
def client_of() -> Any:
    """client_of(user): Django's client, signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in
