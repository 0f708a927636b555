"""A workspace may ask its members for a second factor: who has none is let in nowhere, by no door."""

from __future__ import annotations

from typing import Any, Final

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import api_tokens, invitations, second_factor
from accounts.models import Invitation, Membership, Role, User, Workspace
from pins.models import Notification
from tests.conftest import SignIn
from tests.integration.pinsched.test_tenancy import Things, filled, routes, signed_in
from tests.support import factories
from tests.support.every_page import in_a_line

pytestmark = pytest.mark.django_db

PAGE: Final = "/second-factor/"
# The beginnings of what is a person's own, or anybody's; each other address is the workspace's.
ONES_OWN: Final = (
    "accounts/login/",
    "accounts/logout/",
    "accounts/inactive/",
    "accounts/signup/",
    "accounts/reauthenticate/",
    "accounts/email/",
    "accounts/confirm-email/",
    "accounts/^confirm-email/",
    "accounts/password/",
    "accounts/^password/",
    "accounts/two-factor/",
    "accounts/sessions/",
    "admin/",
    "api/v1/",
    "invitations/",
    "profile/",
    "second-factor/",
    "theme/",
    "workspaces/",
)
ELSEWHERE: Final = {
    "accounts/pinterest/callback/": "answers with a redirect of its own; tested below",
    "notifications/bell/": "answers nothing at all while no workspace is open; tested below",
    "notifications/<int:pk>/": "redirects to the cure, which is a page of the workspace; tested below",
}
A_MONTH: Final = "pins/calendar/<int:year>/<int:month>/"


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def give_factor(user: User, kind: Authenticator.Type = Authenticator.Type.TOTP) -> None:
    Authenticator.objects.create(user=user, type=kind, data={"secret": "sealed"})


@pytest.fixture
def owner(workspace: Workspace, alice: User) -> Membership:
    give_factor(alice)
    return workspace.memberships.select_related("user", "workspace").get(user=alice)


@pytest.fixture
def demanding(owner: Membership) -> Workspace:
    second_factor.demand(owner.workspace, demanded=True, by=owner)
    return owner.workspace


def of_the_workspace() -> list[str]:
    return [route for route in routes() if not route.startswith(ONES_OWN) and route not in ELSEWHERE]


def test_every_exception_is_of_use() -> None:
    found = list(routes())
    for start in (*ONES_OWN, *ELSEWHERE):
        assert any(route.startswith(start) for route in found), f"there is no address {start} any more"
    assert {"", "pins/", "media/<path:name>", "settings/tokens/"} <= set(of_the_workspace())


@pytest.mark.parametrize("route", of_the_workspace())
def test_who_has_none_is_led_to_the_page_from(route: str, demanding: Workspace, client_of: SignIn) -> None:
    """Though an owner, with the password typed a moment ago."""
    second = factories.make_member(demanding, "second@example.com", Role.OWNER)
    address = "/pins/calendar/2026/12/" if route == A_MONTH else filled(route, Things(demanding))
    browser = signed_in(client_of, second)
    met = {getattr(browser, method)(address).get("Location", "") for method in ("get", "post")}
    assert PAGE in met, f"{address} led to {met}"
    assert met <= {PAGE, ""}
    statuses = {getattr(browser, method)(address).status_code for method in ("get", "post")}
    assert statuses <= {302, 405}, f"{address} answered {statuses}"


def test_the_page_says_why_and_leads_to_the_cure(demanding: Workspace, bob: User, client_of: SignIn) -> None:
    browser = client_of(bob)
    page = browser.get("/", follow=True)
    assert "asks for a second factor" in page.text
    assert "/accounts/two-factor/" in page.text
    assert browser.get("/profile/").status_code == 200
    assert browser.get("/accounts/two-factor/").status_code == 200
    assert "alderandoat" not in browser.get("/profile/").text

    give_factor(bob, Authenticator.Type.WEBAUTHN)
    assert browser.get("/").status_code == 200
    assert browser.get(PAGE)["Location"] == "/"


def test_recovery_codes_alone_are_none(demanding: Workspace, bob: User, client_of: SignIn) -> None:
    give_factor(bob, Authenticator.Type.RECOVERY_CODES)
    assert client_of(bob).get("/pins/")["Location"] == PAGE


def test_who_gives_theirs_up_is_out_at_the_next_request(
    demanding: Workspace, bob: User, client_of: SignIn
) -> None:
    give_factor(bob)
    browser = client_of(bob)
    assert browser.get("/pins/").status_code == 200
    Authenticator.objects.filter(user=bob).delete()
    assert browser.get("/pins/")["Location"] == PAGE


def test_a_fragment_leads_its_whole_page_there(demanding: Workspace, bob: User, client_of: SignIn) -> None:
    answer = client_of(bob).get("/pins/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == PAGE


def test_the_bell_is_silent_and_its_notices_lead_there_too(
    demanding: Workspace, bob: User, client_of: SignIn
) -> None:
    told = Notification.objects.get(pk=Things(demanding).notification)
    told.receipts.create(user=bob)
    browser = client_of(bob)
    assert browser.get("/notifications/bell/").status_code == 204
    page = browser.get(f"/notifications/{told.pk}/", follow=True)
    assert page.redirect_chain[-1][0] == PAGE
    assert told.title not in page.text


def test_other_workspaces_stay_open(
    demanding: Workspace, bob: User, charlie: User, client_of: SignIn
) -> None:
    own = factories.make_workspace(bob, name="Bob’s own")
    browser = client_of(bob)
    assert "Bob’s own" in browser.get(PAGE).text
    browser.post(f"/workspaces/{own.slug}/switch/")
    assert browser.get("/pins/").status_code == 200
    assert browser.post(f"/workspaces/{demanding.slug}/switch/")["Location"] == "/"
    assert browser.get("/pins/")["Location"] == PAGE
    assert client_of(charlie).get("/pins/").status_code == 200
    assert client_of(charlie).post(f"/workspaces/{demanding.slug}/switch/").status_code == 404


def test_tokens_of_who_has_none_are_refused_with_words(demanding: Workspace, bob: User) -> None:
    _, plain = api_tokens.issue(bob, demanding, name="Script")

    def ask(path: str = "pins", method: str = "GET") -> Any:
        return Client().generic(method, f"/api/v1/{path}", headers={"Authorization": f"Bearer {plain}"})

    for method, path in (("GET", "pins"), ("GET", "accounts"), ("POST", "pins"), ("DELETE", "pins/pin_1")):
        answer = ask(path, method)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor")
        assert "set one up" in answer.json()["error"]["message"]
    give_factor(bob)
    assert ask().status_code == 200


def test_an_invitation_is_accepted_and_leads_there(
    demanding: Workspace, owner: Membership, charlie: User, client_of: SignIn
) -> None:
    invitations.invite(demanding, email=charlie.email, role=Role.ADMIN, by=owner, now=timezone.now())
    invitations.accept(Invitation.objects.get(), charlie, now=timezone.now())
    browser = client_of(charlie)
    browser.post(f"/workspaces/{demanding.slug}/switch/")
    assert "asks for a second factor" in browser.get("/", follow=True).text


def test_no_account_is_connected_to_it(demanding: Workspace, client_of: SignIn, settings: Any) -> None:
    """Consent was asked for while it was open; by the time Pinterest sends the person back, it isn't."""
    settings.PINTEREST_APP_ID = "simulator"
    second = factories.make_member(demanding, "second@example.com", Role.OWNER)
    give_factor(second)
    browser = client_of(second)
    there = browser.post("/accounts/connect/")["Location"]
    state = there.partition("state=")[2].partition("&")[0]
    Authenticator.objects.filter(user=second).delete()
    browser.get(f"/accounts/pinterest/callback/?state={state}&code=anything")
    said = browser.get(PAGE).text
    assert "may no longer connect accounts to that workspace" in said
    assert not demanding.accounts.exists()


# The switch -------------------------------------------------------------------------------------------------

SWITCH: Final = "/settings/second-factor/"


def test_only_who_has_one_may_ask_for_it(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    browser = client_of(alice)
    answer = browser.post(SWITCH, {"required": "on"})
    assert answer.status_code == 422
    assert answer.context["factor"].errors == {"required": [second_factor.FIRST_YOURSELF]}
    assert not Workspace.objects.get(pk=workspace.pk).requires_second_factor

    give_factor(alice)
    assert browser.post(SWITCH, {"required": "on"})["Location"] == "/settings/"
    assert Workspace.objects.get(pk=workspace.pk).requires_second_factor
    browser.post(SWITCH, {})
    assert not Workspace.objects.get(pk=workspace.pk).requires_second_factor


def test_editors_do_not_find_the_switch(workspace: Workspace, bob: User, client_of: SignIn) -> None:
    give_factor(bob)
    assert SWITCH not in client_of(bob).get("/settings/").text
    assert client_of(bob).post(SWITCH, {"required": "on"}).status_code == 403


def test_a_stranger_switches_their_own_only(workspace: Workspace, charlie: User, client_of: SignIn) -> None:
    give_factor(charlie)
    client_of(charlie).post(SWITCH, {"required": "on"})
    assert not Workspace.objects.get(pk=workspace.pk).requires_second_factor


def test_people_and_the_admin_site_show_who_lacks_it(
    demanding: Workspace, alice: User, bob: User, client_of: SignIn, operator: Client
) -> None:
    page = client_of(alice).get("/settings/members/").text
    assert page.count("No second factor") == 1
    assert "1 member has none yet" in in_a_line(client_of(alice).get("/settings/").text)
    listed = operator.get("/admin/accounts/workspace/?requires_second_factor__exact=1").text
    assert demanding.name.replace("&", "&amp;") in listed
