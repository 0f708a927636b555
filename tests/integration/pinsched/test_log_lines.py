"""What a line in the log carries, and what it never shows."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import boards, renewal
from accounts.models import PinterestAccount, User, Workspace
from accounts.pinterest import errors
from pins import tasks
from pins.models import Pin, Status
from pins.publish import dispatch
from tests.conftest import SignIn
from tests.support import factories, publishing
from tests.support.simulated import Simulator

pytestmark = pytest.mark.processes


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
