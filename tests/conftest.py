"""The cast and the servers that tests share.

Alice owns the workspace, Bob is an editor in it, Vera a viewer; Charlie is a stranger with a workspace of
his own: each rule of access is one line to test.
"""

from __future__ import annotations

import io
import json
import logging
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from accounts import clock as shared_time
from accounts import counters, skew
from accounts.models import PinterestAccount, Role, User, Workspace
from pins.models import Pin, Status
from pinsched.logs import IdFilter, JsonFormatter
from tests.support import factories
from tests.support.simulated import Simulator, running

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says nothing of it on a machine with busy neighbours.
hypothesis.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("patient")

SignIn = Callable[[User], Client]


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


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    with running(Simulator) as simulator:
        yield simulator


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
    skew._known.clear()
    if known := list(redis.scan_iter(f"pinsched:quota:*{simulator_process.api_url}*")):
        redis.delete(*known)
    return simulator_process


@pytest.fixture(autouse=True)
def _media_in_a_new_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture(autouse=True)
def _no_time_of_another_test() -> None:
    """One that travelled would leave a jump behind: the shared clock begins anew."""
    shared = shared_time._clock
    shared._offset, shared._look_at, shared._jumped_at = math.nan, -math.inf, -math.inf


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """Real hashing takes a tenth of a second by design; no test is about it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _static_files_are_looked_up_when_asked_for(settings: Any) -> None:
    """Each test client starts the middleware anew, and that would read the whole folder: a third of a run."""
    settings.WHITENOISE_AUTOREFRESH = True


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
def old_pin(workspace: Workspace, account: PinterestAccount, simulator: Simulator) -> Pin:
    """Published twenty days ago, on Pinterest and here."""
    born = timezone.now() - timedelta(days=20)
    board = account.boards.first()
    assert board is not None
    plan = {"board": board.name, "title": "Measured", "created_at": born.isoformat()}
    made = simulator.person("alderandoat", pins=[plan])["pins"][-1]
    return factories.make_pin(
        workspace,
        account,
        status=Status.PUBLISHED,
        publish_at=born,
        pinterest_id=made["id"],
        measure_at=born,
    )


@pytest.fixture
def client_of() -> SignIn:
    """client_of(user): Django's client, signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root@example.com", "correct-horse-battery")


@pytest.fixture
def operator(client_of: SignIn, root: User) -> Client:
    """Who may do everything in the admin."""
    return client_of(root)


@pytest.fixture
def offline(workspace: Workspace) -> PinterestAccount:
    """An account with a board, of which nothing needs to call Pinterest."""
    account = factories.make_account(workspace, username="alderandoat")
    factories.make_board(account, name="Desks")
    return account


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What our handler writes to the log meanwhile, with everything switched on, as objects."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(IdFilter())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
