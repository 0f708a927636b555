"""`sync_library` and `pull_metrics`: the daily jobs, now, with words."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Board, Health, PinterestAccount, Workspace
from pins.models import DailyMetric, Pin, Status
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def live_pin(account: PinterestAccount, simulator: Simulator) -> Pin:
    """On the simulator for ten days, and never measured."""
    from accounts import calls
    from accounts.pinterest.types import ImageBase64, NewPin

    board = account.boards.first()
    assert board is not None
    new = NewPin(board_id=board.pinterest_id, title="Vase", media=ImageBase64("image/jpeg", factories.jpeg()))
    made = calls.ask(account, lambda client: client.create_pin(new), now=timezone.now())
    return factories.make_pin(
        account.workspace, account, status=Status.PUBLISHED, pinterest_id=made.id, measure_at=timezone.now()
    )


def test_sync_library_stores_boards(account: PinterestAccount) -> None:
    count = Board.objects.count()
    assert count > 0
    Board.objects.all().delete()
    out, err = run("sync_library")
    assert Board.objects.count() == count
    assert f"[1/1] @alderandoat in “Alder & Oat”: {count} boards stored." in out
    assert err == ""


def test_pull_metrics_stores_numbers(live_pin: Pin) -> None:
    out, _ = run("pull_metrics", "--account", "@AlderAndOat")
    assert "1 Pin read." in out
    stored = DailyMetric.objects.filter(pin=live_pin).count()
    assert stored > 0
    assert "0 Pins read." in run("pull_metrics")[0]  # nothing is due
    assert "1 Pin read." in run("pull_metrics", "--all")[0]
    assert DailyMetric.objects.filter(pin=live_pin).count() == stored


@pytest.mark.parametrize("command", ["sync_library", "pull_metrics"])
def test_an_account_that_stops_is_named_and_fails_the_command(command: str, live_pin: Pin) -> None:
    PinterestAccount.objects.update(api_url="http://127.0.0.1:9/v5")
    err = StringIO()
    with pytest.raises(CommandError, match="@alderandoat"):
        call_command(command, "--account", "alderandoat", stdout=StringIO(), stderr=err)
    assert "connected at another address of Pinterest’s API" in err.getvalue()


@pytest.mark.parametrize("command", ["sync_library", "pull_metrics"])
def test_nobody_of_that_name(command: str, workspace: Workspace) -> None:
    factories.make_account(workspace, username="gone", health=Health.DISCONNECTED)
    with pytest.raises(CommandError, match="No connected account is called @gone"):
        run(command, "--account", "gone")


@pytest.mark.parametrize("command", ["sync_library", "pull_metrics"])
def test_accounts_that_wait_for_people_are_left_out_aloud(command: str, account: PinterestAccount) -> None:
    factories.make_account(
        account.workspace, username="tired", health=Health.NEEDS_RECONNECT, api_url=account.api_url
    )
    factories.make_account(account.workspace, username="sandbox")
    out, err = run(command)
    assert "[1/1] @alderandoat" in out
    assert "@tired in “Alder & Oat”: left out, needs reconnecting." in err
    assert "@sandbox in “Alder & Oat”: left out, it was connected at http://127.0.0.1:9/v5." in err
