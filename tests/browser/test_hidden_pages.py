"""Pages that no menu leads to: errors, invitations, second factors, last questions, the operator's desk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from accounts import invitations
from accounts.models import Role, User, Workspace
from pins.models import Status
from tests.browser.conftest import FLAGS, Watched
from tests.browser.look import Look
from tests.support import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.browser.broken_urls"),
]

PASSWORD = "correct-horse-battery"
ERRORS = ("/broken/400/", "/broken/403/", "/broken/429/", "/broken/500/", "/nothing-like-this/")
STRANGER = (
    *ERRORS,
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-wrong/",
    "/accounts/confirm-email/wrong/",
    "/accounts/confirm-email/",
    "/accounts/inactive/",
    "/invitations/wrong/",
)
MEMBER = (
    "/",
    "/settings/delete/",
    "/profile/delete/",
    "/settings/members/leave/",
    "/accounts/two-factor/totp/activate/",
    "/accounts/two-factor/webauthn/add/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
)
PROTECTED = (
    "/accounts/two-factor/",
    "/accounts/two-factor/totp/deactivate/",
    "/accounts/two-factor/recovery-codes/",
    "/accounts/two-factor/recovery-codes/generate/",
    "/accounts/two-factor/webauthn/",
)


@pytest.fixture(params=["light", "dark"])
def tab(request: pytest.FixtureRequest, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A browser of its own, ended with the test: the other tests' one would be open beside the database."""
    # Playwright keeps an event loop in this thread; Django takes it for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        made = Watched(
            chromium.new_context(
                viewport={"width": 1440, "height": 900}, color_scheme=request.param, reduced_motion="reduce"
            )
        )
        yield made
        chromium.close()
        connections.close_all()  # those of this context: outside of it nobody would find them
    assert not made.wrong


class Walk:
    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.look = Look(page)
        self.seen: list[str] = []
        self.wrong: dict[str, list[str]] = {}

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.see(path)

    def see(self, name: str) -> None:
        self.seen.append(name)
        self.page.wait_for_function("!document.querySelector('[data-module]')")
        found = self.look.everything() + self.look.reflowed(320, 640)
        if found:
            self.wrong[name] = found

    def sign_in(self, email: str) -> None:
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/accounts/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)

    def submit(self, path: str, form: str = "main form") -> None:
        """The form as it is, past the browser's own checks."""
        self.page.goto(self.address + path)
        self.page.eval_on_selector(form, "form => { form.noValidate = true; form.requestSubmit(); }")
        self.page.wait_for_load_state()
        self.page.locator("[aria-invalid=true]").first.wait_for()


def test_every_hidden_page_is_accessible(
    tab: Watched,
    address: str,
    workspace: Workspace,
    alice: User,
    vera: User,
    charlie: User,
) -> None:
    tab.expected.update({400, 403, 404, 422, 429, 500})
    walk = Walk(tab.page(), address)
    owner = workspace.memberships.select_related("user").get(user=alice)
    invitations.invite(workspace, email="ines@example.com", role=Role.EDITOR, by=owner, now=timezone.now())
    found = re.search(r"/invitations/\S+/", str(mail.outbox[-1].body))
    assert found is not None
    invitation = found[0]

    for path in (*STRANGER, invitation):
        walk.open(path)
    unconfirmed = EmailAddress.objects.create(user=alice, email="alice@home.example")
    walk.open(f"/accounts/confirm-email/{EmailConfirmationHMAC(unconfirmed).key}/")
    for path in ("/accounts/login/", "/accounts/signup/"):
        walk.submit(path)
        walk.see(f"{path} sent empty")
    walk.page.eval_on_selector(
        "main form", "form => { form.csrfmiddlewaretoken.value = 'old'; form.submit(); }"
    )
    walk.page.wait_for_selector(".errorpage")
    walk.see("a form that is too old")

    walk.sign_in(vera.email)
    walk.open("/accounts/connect/")
    walk.open(invitation)

    walk.sign_in(alice.email)
    for path in MEMBER:
        walk.open(path)
    walk.open(f"/settings/members/{workspace.memberships.get(user=vera).pk}/remove/")
    for path in ("/settings/members/", "/settings/tokens/", "/accounts/password/change/"):
        walk.submit(path)
        walk.see(f"{path} sent empty")
    account = factories.make_account(workspace)
    board = factories.make_board(account)
    pin = factories.make_pin(workspace, account, status=Status.DRAFT)
    for path in (f"/pins/{pin.pk}/delete/", f"/accounts/{account.pk}/boards/{board.pk}/sections/new/"):
        walk.open(path)

    TOTP.activate(alice, generate_totp_secret())
    RecoveryCodes.activate(alice)
    for path in PROTECTED:
        walk.open(path)
    walk.sign_in(alice.email)
    walk.see("/accounts/two-factor/authenticate/")
    Authenticator.objects.all().delete()

    User.objects.filter(pk=charlie.pk).update(is_staff=True, is_superuser=True)
    walk.sign_in(charlie.email)
    walk.open("/admin/")

    assert not walk.wrong
