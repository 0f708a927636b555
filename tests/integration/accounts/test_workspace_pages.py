"""The pages about the workspace, its tokens and the person."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_tokens, members
from accounts.models import ApiToken, Role, User, Workspace
from tests.conftest import SignIn
from tests.support import factories
from tests.support.reading import body

pytestmark = pytest.mark.django_db


def test_settings_are_saved_and_confirm_the_zone(alice: User, client_of: SignIn) -> None:
    workspace = members.create_workspace(alice, name="Guessed", time_zone="Europe/Paris")
    browser = client_of(alice)
    assert "The time zone is a guess." in body(browser.get("/settings/"))

    answer = browser.post("/settings/", {"name": "Alder", "time_zone": "Asia/Tokyo"})

    assert answer.status_code == 302
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone) == ("Alder", "Asia/Tokyo")
    assert workspace.time_zone_confirmed


def test_a_zone_that_does_not_exist_is_refused_at_its_field(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    answer = client_of(alice).post("/settings/", {"name": "Alder", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "time_zone" in answer.context["form"].errors


def test_an_unusual_zone_that_is_set_stays_possible(alice: User, client_of: SignIn) -> None:
    members.create_workspace(alice, name="Fixed", time_zone="Etc/GMT+5")
    browser = client_of(alice)
    assert '<option value="Etc/GMT+5" selected>' in body(browser.get("/settings/"))
    assert browser.post("/settings/", {"name": "Fixed", "time_zone": "Etc/GMT+5"}).status_code == 302


def test_the_guessed_zone_is_confirmed_from_home(alice: User, client_of: SignIn) -> None:
    workspace = members.create_workspace(alice, name="Guessed", time_zone="Europe/Paris")
    answer = client_of(alice).post("/settings/time-zone/", {"time_zone": "Europe/Paris"})
    assert answer["Location"] == "/"
    workspace.refresh_from_db()
    assert workspace.time_zone_confirmed


def test_workspaces_are_switched_and_only_own_ones(
    alice: User, workspace: Workspace, charlie: User, client_of: SignIn
) -> None:
    other = members.create_workspace(alice, name="Other")
    browser = client_of(alice)
    assert browser.get("/settings/").context["workspace"] == workspace

    assert browser.post(f"/workspaces/{other.slug}/switch/").status_code == 302
    assert browser.get("/settings/").context["workspace"] == other

    elsewhere = Workspace.objects.of(charlie).get()
    assert browser.post(f"/workspaces/{elsewhere.slug}/switch/").status_code == 404


def test_a_workspace_that_was_left_is_not_opened_again(
    alice: User, workspace: Workspace, bob: User, client_of: SignIn
) -> None:
    own = members.create_workspace(bob, name="Bob’s own")
    browser = client_of(bob)
    browser.post(f"/workspaces/{workspace.slug}/switch/")
    workspace.memberships.filter(user=bob).delete()
    assert browser.get("/settings/").context["workspace"] == own


def test_a_person_without_a_workspace_makes_one(client_of: SignIn) -> None:
    browser = client_of(factories.make_user("nobody@example.com"))
    assert browser.get("/accounts/")["Location"] == "/workspaces/new/"
    assert browser.get("/workspaces/new/").status_code == 200

    answer = browser.post("/workspaces/new/", {"name": "Mine", "time_zone": "Europe/Oslo"})

    assert answer.status_code == 302
    assert Workspace.objects.get().time_zone == "Europe/Oslo"


def test_a_token_is_shown_once_and_revoked(workspace: Workspace, vera: User, client_of: SignIn) -> None:
    browser = client_of(vera)
    made = browser.post("/settings/tokens/", {"name": "Script"})
    plain = re.findall(r"ps_[\w-]{43}", body(made))
    assert len(plain) == 1
    found = api_tokens.authenticate(plain[0], now=timezone.now())
    assert found is not None
    assert found.role == Role.VIEWER
    assert plain[0] not in body(browser.get("/settings/tokens/"))

    browser.post(f"/settings/tokens/{found.pk}/revoke/")
    assert api_tokens.authenticate(plain[0], now=timezone.now()) is None


def test_tokens_of_others_are_the_admins_business_only(
    workspace: Workspace, alice: User, bob: User, charlie: User, client_of: SignIn
) -> None:
    token, _ = api_tokens.issue(alice, workspace, name="Hers")
    for person in (bob, charlie):
        assert client_of(person).post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    his, _ = api_tokens.issue(bob, workspace, name="His")
    assert client_of(alice).post(f"/settings/tokens/{his.pk}/revoke/").status_code == 302
    assert ApiToken.objects.live().get() == token


def test_a_profile_is_saved(workspace: Workspace, vera: User, client_of: SignIn) -> None:
    answer = client_of(vera).post("/profile/", {"name": "Vera", "time_zone": "Asia/Tokyo", "theme": "dark"})
    assert answer.status_code == 302
    vera.refresh_from_db()
    assert (vera.name, vera.time_zone, vera.theme) == ("Vera", "Asia/Tokyo", "dark")


def test_a_theme_is_kept_for_members_and_strangers(vera: User, client_of: SignIn) -> None:
    browser = client_of(vera)
    answer = browser.post("/theme/", {"theme": "dark", "next": "/settings/"})
    assert answer["Location"] == "/settings/"
    vera.refresh_from_db()
    assert vera.theme == "dark"
    assert Client().post("/theme/", {"theme": "light"}).cookies["theme"].value == "light"
    assert "theme" not in Client().post("/theme/", {"theme": "neon"}).cookies


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_theme_leads_nowhere_else(there: str, db: None) -> None:
    assert Client().post("/theme/", {"theme": "dark", "next": there})["Location"] == "/"


def test_how_far_apart_overdue_pins_leave_is_set_by_admins(
    workspace: Workspace, alice: User, bob: User, client_of: SignIn
) -> None:
    account = factories.make_account(workspace)
    address = f"/accounts/{account.pk}/catch-up/"
    assert client_of(bob).post(address, {"catch_up_minutes": "9"}).status_code == 403
    refused = client_of(alice).post(address, {"catch_up_minutes": "0"})
    assert (refused.status_code, 'value="0"' in refused.text) == (422, True)
    client_of(alice).post(address, {"catch_up_minutes": "20"})
    account.refresh_from_db()
    assert account.catch_up_minutes == 20
