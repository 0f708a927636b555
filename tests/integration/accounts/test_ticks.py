"""What beat's ticks do with accounts: each hands out, or does, what is due, and nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import tasks
from accounts.models import PinterestAccount
from pinsched.celery import app
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _at_once(settings: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", True)


def test_boards_are_read_when_they_are_due(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.person("alderandoat", boards=[{"name": "Made since"}])
    tasks.sync_due_boards()
    assert not account.boards.filter(name="Made since").exists()
    long_ago = timezone.now() - timedelta(days=2)
    PinterestAccount.objects.update(boards_synced_at=long_ago, boards_sync_asked_at=long_ago)
    tasks.sync_due_boards()
    assert account.boards.filter(name="Made since").exists()


def test_tokens_are_renewed_when_they_are_due(account: PinterestAccount) -> None:
    before = account.token_version
    tasks.refresh_due_tokens()
    account.refresh_from_db()
    assert account.token_version == before
    PinterestAccount.objects.update(access_expires_at=timezone.now() + timedelta(hours=1))
    tasks.refresh_due_tokens()
    account.refresh_from_db()
    assert account.token_version == before + 1
