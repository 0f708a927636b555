"""Passkeys with Chromium's virtual authenticator, under the product's own Content-Security-Policy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.db import connections
from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from accounts.models import User, Workspace

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs Debian's Chromium"),
]

PASSWORD = "correct-horse-battery"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Tab:
    """A page of the product with an authenticator built in; what its console complained of is kept."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.authenticator = made["authenticatorId"]

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def arrives(self, path: str) -> None:
        self.page.wait_for_url(re.compile(f"^{re.escape(self.address)}{path}$"))

    def type_password(self, email: str) -> None:
        page = self.open("/accounts/login/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    def sign_out(self) -> None:
        self.open("/accounts/logout/").get_by_role("button", name="Sign out").last.click()
        self.arrives("/accounts/login/")

    def add_passkey(self, *, alone: bool) -> None:
        page = self.open("/accounts/two-factor/webauthn/add/")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        self.arrives("/accounts/two-factor/webauthn/add/")
        page.get_by_label("Sign in with it alone").set_checked(alone)
        page.get_by_role("button", name="Add the passkey").click()


@pytest.fixture
def tab(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    # Playwright keeps an event loop in this thread; Django takes it for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    cache.clear()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = chromium.new_page()
        yield Tab(page, address)
        chromium.close()
        connections.close_all()  # those of this context: outside of it nobody would find them


def test_a_passkey_signs_in_without_a_password(tab: Tab, alice: User, workspace: Workspace) -> None:
    tab.type_password(alice.email)
    tab.arrives("/")
    tab.add_passkey(alone=True)
    tab.arrives("/accounts/two-factor/recovery-codes/")
    expect(tab.page.get_by_text("10 of 10 left")).to_be_visible()
    assert mail.outbox[-1].subject == "A passkey was added to your PinSched account"
    tab.sign_out()

    tab.page.get_by_role("button", name="Sign in with a passkey").click()

    tab.arrives("/")
    page = tab.open("/accounts/two-factor/webauthn/")
    expect(page.get_by_text("Signs in alone")).to_be_visible()
    assert tab.complaints == []


def test_a_passkey_is_the_second_step_after_the_password(tab: Tab, alice: User, workspace: Workspace) -> None:
    tab.type_password(alice.email)
    tab.arrives("/")
    tab.add_passkey(alone=False)
    tab.arrives("/accounts/two-factor/recovery-codes/")
    tab.sign_out()

    tab.type_password(alice.email)
    tab.arrives("/accounts/two-factor/authenticate/")
    tab.page.get_by_role("button", name="Use a passkey").click()

    tab.arrives("/")
    assert tab.complaints == []


def test_an_unwilling_authenticator_is_said_in_words(tab: Tab, alice: User, workspace: Workspace) -> None:
    tab.type_password(alice.email)
    tab.arrives("/")
    tab.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": tab.authenticator, "isUserVerified": False})
    tab.add_passkey(alone=True)
    expect(tab.page.get_by_role("alert").get_by_text("Try again.")).to_be_visible()
    assert not Authenticator.objects.exists()
    assert tab.complaints == []


def test_a_passkey_is_removed_and_no_longer_asked_for(tab: Tab, alice: User, workspace: Workspace) -> None:
    tab.type_password(alice.email)
    tab.arrives("/")
    tab.add_passkey(alone=True)
    tab.arrives("/accounts/two-factor/recovery-codes/")
    page = tab.open("/accounts/two-factor/webauthn/")
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("No passkeys yet.")).to_be_visible()
    tab.sign_out()

    tab.type_password(alice.email)
    tab.arrives("/")
    assert tab.complaints == []
