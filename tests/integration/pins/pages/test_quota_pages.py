"""What people see of Pinterest's limits: used, left, when there is more, and which Pins wait for it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from accounts import boards, quota
from accounts.models import PinterestAccount, User, Workspace
from pins.models import Pin, Status
from tests.conftest import SignIn
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

DAY = 86_400


def page(client: Client, account: PinterestAccount) -> str:
    """The page's words, each run of white space as one space."""
    answer = client.get(account.get_absolute_url())
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def put_off(
    account: PinterestAccount, number: int, *, reason: str, until: timedelta = timedelta(minutes=5)
) -> None:
    now = timezone.now()
    for _ in range(number):
        pin = factories.make_pin(account.workspace, account, status=Status.SCHEDULED, publish_at=now)
        Pin.objects.filter(pk=pin.pk).update(due_at=now + until, reason_code="quota", reason_message=reason)


def test_each_category_tells_what_is_used_and_when_it_refills(
    account: PinterestAccount, simulator: Simulator, vera: User, client_of: SignIn
) -> None:
    simulator.config(limits={"org_write": [3, 60]})
    boards.create_board(account, name="Desks", now=timezone.now())
    shown = page(client_of(vera), account)
    assert "Publishing and changes 1 of 3 a minute" in shown
    assert re.search(
        r"Publishing and changes 1 of 3 a minute used 1 Refills (Today|Tomorrow) \d\d:\d\d", shown
    )
    assert "Analytics 0 of 60 a minute used 0 None used just now" in shown
    assert "None left" not in shown

    for _ in range(2):
        quota.take(account, "org_write")
    assert "Publishing and changes 3 of 3 a minute used None left." in page(client_of(vera), account)


def test_budgets_of_the_whole_app_stand_once(
    workspace: Workspace, simulator: Simulator, vera: User, client_of: SignIn
) -> None:
    simulator.config(tier="trial")
    account = factories.connect(workspace, simulator)
    boards.create_board(account, name="Desks", now=timezone.now())
    shown = page(client_of(vera), account)
    assert shown.count("All accounts of your Pinterest app, calls") == 1
    assert "All accounts of your Pinterest app, changes 1 of 300 a day" in shown


def test_a_pause_says_until_when(account: PinterestAccount, vera: User, client_of: SignIn) -> None:
    quota.pause(account, "org_write", timedelta(minutes=5))
    assert "Pinterest asked for a pause until To" in page(client_of(vera), account)


def test_pins_that_wait_are_counted_by_reason_with_their_next_try(
    account: PinterestAccount, vera: User, client_of: SignIn
) -> None:
    put_off(account, 3, reason="All changes of the minute are used.")
    put_off(account, 1, reason="Pinterest could not be reached.", until=timedelta(hours=30))
    later = timezone.now() + timedelta(days=1)
    factories.make_pin(account.workspace, account, status=Status.SCHEDULED, publish_at=later)

    shown = page(client_of(vera), account)
    assert "3 Pins wait. All changes of the minute are used. Next try To" in shown
    assert "1 Pin waits. Pinterest could not be reached. Next try" in shown
    assert "They are tried again" not in shown  # the one whose time is still to come doesn't wait
    link = f"/pins/?account={account.pk}&amp;status=scheduled"
    assert link in client_of(vera).get(account.get_absolute_url()).content.decode()


def test_nothing_is_said_of_waiting_when_nothing_waits(
    account: PinterestAccount, workspace: Workspace, vera: User, charlie: User, client_of: SignIn
) -> None:
    other = factories.make_account(charlie.workspaces.get())
    factories.make_board(other)
    put_off(other, 2, reason="Of somebody else.")
    shown = page(client_of(vera), account)
    assert "See them in the Queue" not in shown
    assert "somebody else" not in shown


def test_the_page_costs_the_same_with_many_waiting_pins(
    account: PinterestAccount, vera: User, client_of: SignIn
) -> None:
    client = client_of(vera)
    page(client, account)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page(client, account)
        return len(seen)

    put_off(account, 1, reason="One")
    few = queries()
    for number in range(6):
        put_off(account, 3, reason=f"Reason {number}")
    assert queries() == few


def test_without_redis_the_page_says_that_publishing_goes_on(
    account: PinterestAccount, vera: User, client_of: SignIn, settings: Any
) -> None:
    client = client_of(vera)
    settings.REDIS_URL = "redis://127.0.0.1:1/2"
    assert "The counters can’t be read just now. Publishing goes on" in page(client, account)


def test_operators_see_what_is_used_of_each_account(
    account: PinterestAccount, simulator: Simulator, client_of: SignIn, settings: Any
) -> None:
    simulator.config(limits={"org_write": [3, 60]})
    boards.create_board(account, name="Desks", now=timezone.now())
    quota.pause(account, "org_analytics", timedelta(minutes=5, seconds=59))
    put_off(account, 1, reason="Waits")
    operator = client_of(User.objects.create_superuser("root@example.com", "correct-horse-battery"))
    [row] = operator.get("/admin/").context["desk"].accounts
    assert "1 of 3 changes a minute" in row.used
    assert any(used.startswith("org_analytics: paused for 5 min ") for used in row.used)
    settings.REDIS_URL = "redis://127.0.0.1:1/3"
    [row] = operator.get("/admin/").context["desk"].accounts
    assert row.used == []
