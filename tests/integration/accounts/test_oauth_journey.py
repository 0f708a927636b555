"""Connecting through Django's client and the simulator's consent page, as a browser would."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.messages import get_messages
from django.test import Client
from kombu.exceptions import OperationalError

from accounts import members, tasks
from accounts.models import Health, Membership, PinterestAccount, Role, User, Workspace
from accounts.oauth import provider
from tests.conftest import SignIn
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

CALLBACK = "/accounts/pinterest/callback/"


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was given to the queue, which no worker empties here."""
    found: list[int] = []
    monkeypatch.setattr(tasks.sync_boards, "delay_on_commit", found.append)
    return found


@pytest.fixture
def browser(alice: User, workspace: Workspace, simulator: Simulator, client_of: SignIn) -> Client:
    return client_of(alice)


def begin(browser: Client) -> str:
    """Press the button; the address of the consent page."""
    answer = browser.post("/accounts/connect/")
    assert answer.status_code == 302
    return str(answer["Location"])


def consent(url: str, *, username: str = "alderandoat", decision: str = "give") -> str:
    """Decide on the consent page; path and query of where Pinterest sends the browser."""
    answer = requests.post(
        url, data={"username": username, "decision": decision}, allow_redirects=False, timeout=10
    )
    assert answer.is_redirect, answer.text
    there = urlsplit(answer.headers["Location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"http://localhost:8000{CALLBACK}"
    return f"{there.path}?{there.query}"


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def refused(browser: Client, url: str, words: str) -> Any:
    answer = browser.get(url)
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/connect/"
    assert words in said(answer)
    assert PinterestAccount.objects.count() == 0
    return answer


def test_the_button_leads_to_pinterest_with_all_it_needs(browser: Client, simulator: Simulator) -> None:
    url = urlsplit(begin(browser))

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{simulator.url}/oauth/"
    query = parse_qs(url.query)
    assert query["client_id"] == ["simulator"]
    assert query["response_type"] == ["code"]
    assert query["redirect_uri"] == [f"http://localhost:8000{CALLBACK}"]
    assert query["scope"][0].startswith("user_accounts:read,boards:read,boards:write,pins:read,pins:write,")
    assert len(query["state"][0]) >= 16


def test_a_yes_connects_the_account_and_asks_for_its_boards(
    browser: Client, workspace: Workspace, alice: User, queued: list[int]
) -> None:
    answer = browser.get(consent(begin(browser)))

    account = PinterestAccount.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/{account.pk}/"
    assert "@alderandoat is connected" in said(answer)
    assert (account.workspace, account.connected_by, account.health) == (workspace, alice, Health.ACTIVE)
    assert account.missing_scopes == []
    assert queued == [account.pk]
    assert SocialAccount.objects.count() == SocialToken.objects.count() == 0


def test_nothing_of_the_tokens_is_kept_in_the_session(browser: Client) -> None:
    browser.get(consent(begin(browser)))
    kept = str(dict(browser.session))
    assert "pina_" not in kept
    assert "pinr_" not in kept


def test_several_accounts_and_again_the_same(browser: Client) -> None:
    for username in ("alderandoat", "northlightstudio", "alderandoat"):
        browser.get(consent(begin(browser), username=username))

    versions = dict(PinterestAccount.objects.values_list("username", "token_version"))
    assert versions == {"alderandoat": 2, "northlightstudio": 1}


def test_the_same_callback_twice_connects_once(browser: Client) -> None:
    """People press reload, and browsers fetch ahead."""
    callback = consent(begin(browser))
    assert [browser.get(callback).status_code for _ in range(2)] == [302, 302]
    account = PinterestAccount.objects.get()
    assert (account.token_version, account.health) == (1, Health.ACTIVE)


def test_a_no_is_taken_for_a_no(browser: Client) -> None:
    refused(browser, consent(begin(browser), decision="cancel"), provider.CANCELLED)


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=", "?code=x&state=invented", "?error=access_denied"]
)
def test_a_callback_that_nobody_began_is_refused(browser: Client, query: str) -> None:
    refused(browser, CALLBACK + query, provider.STALE)


def test_a_state_serves_once(browser: Client) -> None:
    url = consent(begin(browser))
    browser.get(url)
    PinterestAccount.objects.all().delete()
    refused(browser, url, provider.STALE)


def test_a_state_belongs_to_the_browser_that_began(browser: Client, charlie: User, client_of: SignIn) -> None:
    """Otherwise a stranger's link could put the stranger's account into this workspace."""
    refused(browser, consent(begin(client_of(charlie))), provider.STALE)


def test_a_state_belongs_to_the_person_that_began(browser: Client, charlie: User) -> None:
    url = consent(begin(browser))
    session = browser.session
    session["_auth_user_id"] = str(charlie.pk)
    session["_auth_user_hash"] = charlie.get_session_auth_hash()
    session.save()
    refused(browser, url, provider.STALE)


def test_an_old_state_is_refused(browser: Client) -> None:
    url = consent(begin(browser))
    session = browser.session
    states = session["socialaccount_states"]
    session["socialaccount_states"] = {key: (state, 0, kind) for key, (state, _, kind) in states.items()}
    session.save()
    refused(browser, url, provider.STALE)


def test_who_lost_the_role_meanwhile_is_refused(browser: Client, alice: User) -> None:
    url = consent(begin(browser))
    Membership.objects.filter(user=alice).update(role=Role.EDITOR)
    refused(browser, url, provider.NO_LONGER)


def test_the_account_goes_to_the_workspace_in_which_it_was_begun(
    browser: Client, alice: User, workspace: Workspace
) -> None:
    other = members.create_workspace(alice, name="Other")
    url = consent(begin(browser))
    browser.post(f"/workspaces/{other.slug}/switch/")

    browser.get(url)

    assert PinterestAccount.objects.get().workspace == workspace
    assert browser.session["workspace"] == workspace.pk


def test_an_anonymous_callback_is_sent_to_sign_in(browser: Client) -> None:
    url = consent(begin(browser))

    answer = Client().get(url)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert PinterestAccount.objects.count() == 0


def test_a_used_code_is_explained(browser: Client, simulator: Simulator) -> None:
    url = consent(begin(browser))
    simulator.fault("status", status=400, path="/oauth/token", body={"code": 1, "message": "Invalid code"})
    refused(browser, url, provider.BAD_CODE)


def test_wrong_credentials_are_explained(browser: Client, settings: Any) -> None:
    url = consent(begin(browser))
    settings.PINTEREST_APP_SECRET = "wrong"
    refused(browser, url, "PINTEREST_APP_SECRET")


@pytest.mark.parametrize("path", ["/oauth/token", "/user_account"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "garble"])
def test_a_lost_answer_is_explained(browser: Client, simulator: Simulator, path: str, kind: str) -> None:
    url = consent(begin(browser))
    simulator.fault(kind, path=path)
    refused(browser, url, provider.NO_ANSWER)


def test_another_error_is_named_and_can_not_inject(browser: Client) -> None:
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    answer = refused(
        browser, f"{CALLBACK}?state={state}&error=<script>alert(1)</script>", "turned the request down"
    )
    page = browser.get(answer["Location"]).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_a_missing_setting_is_named(browser: Client, settings: Any) -> None:
    settings.PINTEREST_APP_ID = ""

    answer = browser.post("/accounts/connect/")

    assert answer.status_code == 409
    assert b"PINTEREST_APP_ID is not set" in answer.content


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_connecting_takes_an_admin(workspace: Workspace, bob: User, client_of: SignIn, role: Role) -> None:
    Membership.objects.filter(user=bob).update(role=role)
    assert client_of(bob).post("/accounts/connect/").status_code == 403


def test_the_queue_being_away_does_not_lose_the_account(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(pk: int) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.sync_boards, "delay_on_commit", away)

    assert browser.get(consent(begin(browser))).status_code == 302
    account = PinterestAccount.objects.get()
    assert account.boards_sync_message == "The task queue could not be reached."
    assert account.boards_sync_asked_at is None
