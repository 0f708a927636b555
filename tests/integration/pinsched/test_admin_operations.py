"""The operator's first page, the support view and the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api_tokens, health
from accounts.models import PinterestAccount, User, Workspace
from pins.models import Attempt, AttemptState, Heartbeat, Pin, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db


def fill(workspace: Workspace, number: int, name: str) -> None:
    """Accounts, each with a Pin that is late, one that failed, one that is out, and one that was put off."""
    now = timezone.now()
    for n in range(number):
        account = factories.make_account(workspace, username=f"{name}{n}", access_expires_at=now)
        factories.make_board(account)
        past = now - timedelta(minutes=10)
        factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=past)
        factories.make_pin(workspace, account, status=Status.FAILED, reason_message="Too small.")
        factories.make_pin(workspace, account, status=Status.PUBLISHED, publish_at=now)
        held = factories.make_account(workspace, username=f"{name}held{n}")
        factories.make_board(held)
        factories.make_pin(workspace, held, status=Status.SCHEDULED, publish_at=past)
        health.hold(held, code="spam", message="Pinterest said spam.", now=now)
    for pin in Pin.objects.filter(status=Status.FAILED, attempts=None):
        Attempt.objects.create(
            pin=pin,
            state=AttemptState.DEFERRED,
            code="rate_limited",
            message="Slow down.",
            started_at=now,
            settled_at=now,
            lease_until=now,
        )
        api_tokens.issue(workspace.members.all()[0], workspace, name=f"Token {pin.pk}")


def figures(operator: Client) -> dict[str, Any]:
    return {figure.label: figure for figure in operator.get("/admin/").context["desk"].figures}


def test_each_number_is_true_and_leads_to_as_many_rows(operator: Client, workspace: Workspace) -> None:
    fill(workspace, 2, "shop")
    found = figures(operator)
    numbers = {label: figure.number for label, figure in found.items()}
    assert numbers == {
        "Late, and waits for nothing": 2,
        "Late, waits for its next try": 0,
        "Late, waits for its account": 2,
        "Late, waits for its people": 0,
        "Failed in 24 hours": 2,
        "Needs review": 0,
        "Being published": 0,
        "Scheduled": 4,
        "Accounts on hold": 2,
        "Accounts to reconnect": 0,
        "Tokens ending soon": 2,
        "Pictures that wait for the media store": 0,
    }
    for figure in found.values():
        assert operator.get(figure.url).context["cl"].result_count == figure.number
    assert "by up to 10 min" in found["Late, and waits for nothing"].note


def test_the_quota_of_each_account_leads_to_its_rows(operator: Client, workspace: Workspace) -> None:
    fill(workspace, 1, "shop")
    rows = operator.get("/admin/").context["desk"].accounts
    row = next(each for each in rows if each.traffic.account.username == "shop0")
    for name in ("minute", "hour", "day", "queued", "late", "limited"):
        assert getattr(row.traffic, name) == 1, name
        assert operator.get(getattr(row, name)).context["cl"].result_count == 1, name


def test_a_pin_that_waits_for_its_next_try_is_late_for_that(operator: Client, workspace: Workspace) -> None:
    account = factories.make_account(workspace)
    factories.make_board(account)
    now = timezone.now()
    factories.make_pin(
        workspace,
        account,
        status=Status.SCHEDULED,
        publish_at=now - timedelta(hours=3),
        due_at=now + timedelta(minutes=1),
        reason_code="rate_limited",
    )
    figure = figures(operator)["Late, waits for its next try"]
    assert (figure.number, figure.note) == (1, "by up to 3 h")


def test_pins_that_wait_for_a_person_alarm_no_operator(operator: Client, workspace: Workspace) -> None:
    """After an outage of more than a day all that is late may be such."""
    account = factories.make_account(workspace)
    factories.make_board(account)
    yesterday = timezone.now() - timedelta(hours=30)
    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=yesterday, due_at=None)
    found = figures(operator)
    people = found["Late, waits for its people"]
    assert (people.number, people.note, people.is_bad) == (1, "by up to 1 d 6 h", False)
    assert operator.get(people.url).context["cl"].result_count == 1
    assert found["Late, and waits for nothing"].number == 0


def test_processes_that_are_silent_are_named(operator: Client) -> None:
    now = timezone.now()
    Heartbeat.objects.beat("beat", now)
    Heartbeat.objects.beat("worker", now - timedelta(minutes=5))
    parts = {part.name: part.is_silent for part in operator.get("/admin/").context["desk"].parts}
    assert parts == {"beat": False, "worker": True, "media": True}


def test_without_redis_the_page_says_so(operator: Client, settings: Any) -> None:
    for url in ("redis://127.0.0.1:1/0", "nonsense"):
        settings.REDIS_URL = url
        answer = operator.get("/admin/")
        assert answer.context["desk"].depths is None
        assert b"Redis does not answer" in answer.content


def test_depths_are_named_by_queue(operator: Client) -> None:
    depths = operator.get("/admin/").context["desk"].depths
    assert [depth.queue for depth in depths][:5] == ["analytics", "dispatch", "fetch", "media", "publish"]


@pytest.mark.parametrize("page", ["/admin/", "/admin/support/{}/", "/admin/admin/logentry/"])
def test_pages_cost_the_same_with_many_rows(
    page: str, operator: Client, root: User, workspace: Workspace
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert operator.get(page.format(workspace.pk)).status_code == 200
        return len(found)

    fill(workspace, 5, "few")
    LogEntry.objects.log_actions(root.pk, Pin.objects.all(), CHANGE, "Looked at.")
    queries()
    before = queries()
    fill(workspace, 45, "many")
    LogEntry.objects.log_actions(root.pk, Pin.objects.all(), CHANGE, "Looked at.")
    assert queries() == before <= 25


def test_tables_name_their_columns(operator: Client, workspace: Workspace) -> None:
    fill(workspace, 1, "shop")
    page = operator.get("/admin/").text
    for head in ('<th scope="col">Late by</th>', '<th scope="col" class="number">In an hour</th>'):
        assert head in page
    inside = operator.get(f"/admin/support/{workspace.pk}/").text
    assert '<th scope="col" class="number">Boards</th>' in inside
    assert '<th scope="col">Second factor</th>' in inside


def test_no_token_is_shown(operator: Client, workspace: Workspace) -> None:
    fill(workspace, 2, "shop")
    shown = operator.get("/admin/").content + operator.get(f"/admin/support/{workspace.pk}/").content
    for secret in (b"pina_", b"pinr_", b"access_token", b"token_hash"):
        assert secret not in shown


def test_times_are_utc_whatever_the_operators_workspace(client_of: SignIn, root: User) -> None:
    own = factories.make_workspace(root, name="Far", time_zone="Pacific/Kiritimati")
    entry = LogEntry.objects.log_actions(root.pk, [own], CHANGE, "Looked at.", single_object=True)
    assert entry is not None
    page = client_of(root).get("/admin/admin/logentry/").content.decode()
    assert f"{entry.action_time:%Y-%m-%d %H:%M:%S} UTC" in page
    assert 'data-admin-utc-offset="0"' in page


# Support -------------------------------------------------------------------------------------------------


def test_support_sees_accounts_members_and_pins_with_their_attempts(
    operator: Client, workspace: Workspace, bob: User, charlie: User
) -> None:
    fill(workspace, 1, "shop")
    page = operator.get(f"/admin/support/{workspace.pk}/").content.decode()
    for words in ("@shop0", "@shopheld0", "Pinterest said spam.", bob.email, "Too small.", "Slow down."):
        assert words in page
    assert charlie.email not in page
    assert "<form" not in page.replace('<form id="logout-form"', "")


@pytest.mark.parametrize(("only", "number"), [("", 4), ("failed", 1), ("late", 2), ("nonsense", 4)])
def test_support_narrows_the_pins(operator: Client, workspace: Workspace, only: str, number: int) -> None:
    fill(workspace, 1, "shop")
    inside = operator.get(f"/admin/support/{workspace.pk}/?only={only}").context["inside"]
    assert len(inside.pins) == number


def test_support_is_for_who_may_see_all_of_it(
    client_of: SignIn, operator: Client, workspace: Workspace, alice: User, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert operator.get("/admin/support/999999/").status_code == 404
    assert client_of(bob).get(f"/admin/support/{workspace.pk}/").status_code == 404
    assert client_of(alice).get(f"/admin/support/{workspace.pk}/").status_code == 302
    assert client_of(bob).get("/admin/").context["desk"] is None


# The door ------------------------------------------------------------------------------------------------


def test_one_signs_in_at_the_page_that_knows_second_factors(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert [url for url, _ in answer.redirect_chain] == [
        "/admin/login/?next=/admin/",
        "/accounts/login/?next=%2Fadmin%2F",
    ]
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302


def test_others_are_refused(client_of: SignIn, alice: User, workspace: Workspace) -> None:
    assert client_of(alice).get("/admin/", follow=True).status_code == 403


def test_rows_of_libraries_that_hold_secrets_have_no_page(operator: Client) -> None:
    for path in ("mfa/authenticator", "usersessions/usersession", "socialaccount/socialtoken"):
        assert operator.get(f"/admin/{path}/").status_code == 404


def test_a_password_is_changed_where_the_person_changes_it(operator: Client) -> None:
    assert operator.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


# The audit log -------------------------------------------------------------------------------------------


def test_changes_in_forms_are_logged_and_readable(operator: Client, root: User, workspace: Workspace) -> None:
    owner = workspace.memberships.get()
    form = {
        "name": "Renamed",
        "slug": workspace.slug,
        "time_zone": "UTC",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": owner.pk,
        "memberships-0-workspace": workspace.pk,
        "memberships-0-user": owner.user_id,
        "memberships-0-role": "owner",
    }
    address = f"/admin/accounts/workspace/{workspace.pk}/change/"
    without_owner = operator.post(address, form | {"memberships-0-role": "viewer"})
    assert b"A workspace needs an owner." in without_owner.content
    assert operator.post(address, form).status_code == 302
    page = operator.get("/admin/admin/logentry/?q=Renamed").content.decode()
    assert "Changed Name" in page
    assert root.email in page
    assert address in page


def test_what_was_logged_stays(operator: Client, root: User, workspace: Workspace) -> None:
    entry = LogEntry.objects.log_actions(root.pk, [workspace], CHANGE, "Looked.", single_object=True)
    assert entry is not None
    path = f"/admin/admin/logentry/{entry.pk}"
    assert operator.get(f"{path}/change/").status_code == 200
    assert operator.post(f"{path}/change/", {"change_message": ""}).status_code == 403
    assert operator.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert operator.get("/admin/admin/logentry/add/").status_code == 403
    operator.post("/admin/admin/logentry/", {"action": "delete_selected", "_selected_action": [entry.pk]})
    for model, row in (("user", root), ("workspace", workspace)):
        assert operator.post(f"/admin/accounts/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert LogEntry.objects.get() == entry


def test_connections_are_found_by_the_state_of_their_tokens(operator: Client, workspace: Workspace) -> None:
    factories.make_account(workspace, username="fine")
    factories.make_account(workspace, username="soon", access_expires_at=timezone.now() + timedelta(days=1))
    factories.make_account(workspace, username="later", refresh_expires_at=timezone.now() + timedelta(days=2))
    page = operator.get("/admin/accounts/pinterestaccount/?tokens=ending")
    assert {account.username for account in page.context["cl"].result_list} == {"soon", "later"}
    assert isinstance(page.context["cl"].result_list[0], PinterestAccount)
