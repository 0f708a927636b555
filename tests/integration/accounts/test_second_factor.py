"""Second factors and signed-in devices: allauth's rules, our pages, sealed secrets."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import fields
from accounts.models import User, Workspace
from accounts.templatetags.devices import device
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def fresh(client_of: SignIn, user: User) -> Client:
    client = client_of(user)
    request = HttpRequest()
    request.session, request.user = client.session, user
    record_authentication(request, user, method="password", reauthenticated=True)
    request.session.save()
    return client


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def switch_on(browser: Client) -> str:
    """Sets up the authenticator app; its secret."""
    page = browser.get("/accounts/two-factor/totp/activate/").text
    found = re.search(r'id="authenticator_secret"\s+value="([A-Z2-7]+)"', page)
    assert found is not None
    answer = browser.post("/accounts/two-factor/totp/activate/", {"code": code_for(found[1])})
    assert answer.status_code == 302
    return found[1]


def sign_in(email: str) -> Client:
    browser = Client(headers={"User-Agent": FIREFOX})
    answer = browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


@pytest.mark.django_db(transaction=True)  # allauth mails when the change is committed
def test_signing_in_asks_for_the_apps_code(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    secret = switch_on(fresh(client_of, alice))
    assert mail.outbox[-1].subject == "Your PinSched account asks for a code now"
    cache.clear()  # a code works once; allauth remembers it there

    browser = sign_in(alice.email)
    assert browser.get("/profile/").status_code == 302
    wrong = browser.post("/accounts/two-factor/authenticate/", {"code": "000000"})
    assert "hint-bad" in wrong.text
    answer = browser.post("/accounts/two-factor/authenticate/", {"code": code_for(secret)})
    assert answer["Location"] == "/"
    assert browser.get("/profile/").status_code == 200


def test_a_recovery_code_works_once(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    browser = fresh(client_of, alice)
    switch_on(browser)
    page = browser.get("/accounts/two-factor/recovery-codes/").text
    codes = re.findall(r"<li>(\d{8})</li>", page)
    assert len(codes) == 10
    assert codes[0] in browser.get("/accounts/two-factor/recovery-codes/download/").text

    for expected in (302, 200):
        other = sign_in(alice.email)
        answer = other.post("/accounts/two-factor/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected


def test_secrets_are_sealed_and_sealed_anew(
    workspace: Workspace, alice: User, client_of: SignIn, settings: Any
) -> None:
    secret = switch_on(fresh(client_of, alice))
    rows = Authenticator.objects.order_by("pk")
    assert secret not in str(rows.values_list("data", flat=True))
    old = settings.TOKEN_ENCRYPTION_KEYS
    newest = Fernet.generate_key().decode()
    settings.TOKEN_ENCRYPTION_KEYS = [newest, *old]
    call_command("rotate_token_keys")
    settings.TOKEN_ENCRYPTION_KEYS = [newest]
    assert fields.decrypt(rows.get(type="totp").data["secret"]) == secret
    assert len(rows.get(type="recovery_codes").wrap().get_unused_codes()) == 10
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match=r"alice@example\.com"):
        call_command("rotate_token_keys")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "Two-factor sign-in"),
        ("totp/deactivate/", "Switch the authenticator app off?"),
        ("recovery-codes/", "10 of 10 left"),
        ("recovery-codes/generate/", "The 10 that are left stop working."),
        ("webauthn/", "No passkeys yet."),
        ("webauthn/add/", "Add the passkey"),
    ],
)
def test_every_page_is_ours(
    path: str, words: str, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    browser = fresh(client_of, alice)
    switch_on(browser)
    page = browser.get(f"/accounts/two-factor/{path}").text
    assert words in page
    assert 'aria-label="Your account"' in page
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)


def test_an_address_can_be_added_and_made_primary_with_a_second_factor(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    browser = fresh(client_of, alice)
    switch_on(browser)
    added = browser.post("/accounts/email/", {"action_add": "", "email": "new@example.com"})
    assert added.status_code == 302
    link = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    browser.post(link[1])
    browser.post("/accounts/email/", {"action_primary": "", "email": "new@example.com"})
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    browser.post("/accounts/email/", {"action_remove": "", "email": "alice@example.com"})
    assert EmailAddress.objects.get().email == "new@example.com"


def test_changing_the_address_asks_for_the_password(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    answer = client_of(alice).post("/accounts/email/", {"action_add": "", "email": "new@example.com"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert EmailAddress.objects.count() == 1


def test_devices_are_listed_and_the_others_signed_out(workspace: Workspace, alice: User) -> None:
    here, there = sign_in(alice.email), sign_in(alice.email)
    page = here.get("/accounts/sessions/").text
    assert page.count(">Firefox on Linux</span>") == 2
    assert page.count("This one") == 1

    assert here.post("/accounts/sessions/").status_code == 302

    assert there.get("/profile/").status_code == 302
    assert "No other device is signed in." in here.get("/accounts/sessions/").text


def test_one_device_is_signed_out_and_the_rest_stay(
    workspace: Workspace, alice: User, charlie: User, client_of: SignIn
) -> None:
    here, lost, phone = sign_in(alice.email), sign_in(alice.email), sign_in(alice.email)
    page = here.get("/accounts/sessions/").text
    assert page.count('action="/accounts/sessions/') == 3  # two others, and all of them
    row = UserSession.objects.get(session_key=lost.session.session_key)

    assert client_of(charlie).post(f"/accounts/sessions/{row.pk}/end/").status_code == 404
    assert lost.get("/profile/").status_code == 200
    answer = here.post(f"/accounts/sessions/{row.pk}/end/", follow=True)

    assert "Firefox on Linux is signed out." in answer.text
    assert lost.get("/profile/").status_code == 302
    assert phone.get("/profile/").status_code == 200
    mine = UserSession.objects.get(session_key=here.session.session_key)
    assert here.post(f"/accounts/sessions/{mine.pk}/end/").status_code == 404


def test_a_device_is_noted_every_few_minutes_only(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    browser = client_of(alice)
    browser.get("/profile/")
    assert UserSession.objects.get().user == alice
    with CaptureQueriesContext(connection) as found:
        browser.get("/profile/")
    assert not [query for query in found if "usersession" in query["sql"]]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (EDGE, "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named(user_agent: str, words: str) -> None:
    assert device(user_agent) == words
