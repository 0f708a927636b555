"""Each failure as a marketer meets it: why it isn’t posted, what happens by itself, which button cures it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from accounts import health
from accounts.models import Health, PinterestAccount, Role, User, Workspace
from accounts.pinterest.oauth import NEEDED_SCOPES
from pins.api.shapes import PinOut
from pins.models import AttemptState, Heartbeat, Notification, NotificationKind, Pin, Status
from pins.notifications import notify
from pins.publish import dispatch
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(workspace: Workspace) -> PinterestAccount:
    account = factories.make_account(workspace, username="shop", scopes=" ".join(NEEDED_SCOPES))
    factories.make_board(account)
    return account


@pytest.fixture
def edith(workspace: Workspace) -> User:
    return factories.make_member(workspace, "edith@example.com", Role.EDITOR)


@pytest.fixture
def vic(workspace: Workspace) -> User:
    return factories.make_member(workspace, "vic@example.com", Role.VIEWER)


def waiting(workspace: Workspace, account: PinterestAccount, **more: Any) -> Pin:
    """Due an hour ago and not out."""
    now = timezone.now()
    picture = factories.make_media(workspace)
    return factories.make_pin(
        workspace,
        account,
        status=Status.SCHEDULED,
        picture=picture,
        **{"publish_at": now - timedelta(hours=1), "due_at": now + timedelta(hours=2)} | more,
    )


def words(answer: Any) -> str:
    assert answer.status_code == 200
    shown = re.sub(r"<(script|template|svg)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", strip_tags(shown))


def buttons(answer: Any) -> set[str]:
    """Where the forms of the page's main part lead, and the links that look like buttons."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    forms = set(re.findall(r'<form method="post" action="([^"]+)"', main))
    return forms | set(re.findall(r'<a class="btn[^"]*" href="([^"]+)"', main))


def state(client: Client, pin: Pin) -> Any:
    return client.get(f"/pins/{pin.pk}/")


# The Pin's page ------------------------------------------------------------------------------------------


def test_a_pin_that_is_tried_again_names_the_next_try_and_not_the_time_that_is_over(
    workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    pin = waiting(workspace, shop, reason_code="rate_limited", reason_message="Pinterest asks for a pause.")
    page = state(client_of(alice), pin)
    shown = words(page)
    assert "Next try" in shown
    assert "Pinterest asks for a pause." in shown
    assert "It was due" in shown
    assert "Goes out" not in shown
    assert f"/pins/{pin.pk}/publish-now/" in buttons(page)


@pytest.mark.parametrize(
    ("health", "code", "cure"),
    [
        (Health.HELD, "spam", "/accounts/{}/release/"),
        (Health.HELD, "trial", "/accounts/{}/release/"),
        (Health.HELD, "operator", "/accounts/{}/release/"),
        (Health.HELD, "scope", "/accounts/connect/"),
        (Health.NEEDS_RECONNECT, "needs_reconnect", "/accounts/connect/"),
        (Health.DISCONNECTED, "", "/accounts/connect/"),
    ],
)
def test_a_pin_whose_account_is_stopped_says_so_once_with_the_cure_for_those_who_may(
    health: Health,
    code: str,
    cure: str,
    workspace: Workspace,
    shop: PinterestAccount,
    alice: User,
    edith: User,
    client_of: SignIn,
) -> None:
    why = "Something is wrong with it." if code else ""
    PinterestAccount.objects.update(health=health, health_code=code, health_message=why)
    pin = waiting(workspace, shop, due_at=timezone.now(), reason_code=code, reason_message=why)
    owner, editor = state(client_of(alice), pin), state(client_of(edith), pin)
    assert words(owner).count(why or "It is disconnected.") == 1
    assert "Waits for @shop" in words(owner)
    assert "Next try" not in words(owner)  # nothing is tried before somebody acts
    assert cure.format(shop.pk) in buttons(owner)
    assert f"/pins/{pin.pk}/publish-now/" not in buttons(owner)  # a promise that the account can't keep
    assert cure.format(shop.pk) not in buttons(editor)
    assert "Ask an owner or admin" in words(editor)


@pytest.mark.parametrize("code", ["wrong_address", "lost_key"])
def test_tokens_that_can_not_be_used_are_cured_by_reconnecting(
    code: str, workspace: Workspace, shop: PinterestAccount, alice: User, edith: User, client_of: SignIn
) -> None:
    pin = waiting(workspace, shop, reason_code=code, reason_message="It can’t be used.")
    assert "/accounts/connect/" in buttons(state(client_of(alice), pin))
    editor = state(client_of(edith), pin)
    assert "/accounts/connect/" not in buttons(editor)
    assert "Ask an owner or admin" in words(editor)


def test_a_failed_pin_is_changed_or_tried_again_and_offers_a_time_that_can_be_taken(
    workspace: Workspace, shop: PinterestAccount, alice: User, vic: User, client_of: SignIn
) -> None:
    past = timezone.now() - timedelta(days=2)
    picture = factories.make_media(workspace)
    pin = factories.make_pin(
        workspace,
        shop,
        status=Status.FAILED,
        picture=picture,
        publish_at=past,
        reason_code="29",
        reason_message="Pinterest doesn’t let @shop save to it.",
    )
    page = state(client_of(alice), pin)
    assert "Pinterest doesn’t let @shop save to it." in words(page)
    assert {f"/pins/compose/?batch={pin.pk}", f"/pins/{pin.pk}/retry/"} <= buttons(page)
    date, time = (
        re.search(rf'name="{name}" value="([^"]+)"', page.content.decode()) for name in ("date", "time")
    )
    assert date
    assert time
    client_of(alice).post(f"/pins/{pin.pk}/reschedule/", {"date": date[1], "time": time[1]})
    pin.refresh_from_db()
    assert pin.status == Status.SCHEDULED
    assert not [url for url in buttons(state(client_of(vic), pin)) if url.startswith("/pins/")]


def test_what_must_be_put_right_first_is_said_once(
    workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    why = "Add a picture."
    pin = factories.make_pin(
        workspace, shop, status=Status.FAILED, reason_code="no_media", reason_message=why
    )
    page = state(client_of(alice), pin)
    assert words(page).count(why) == 1
    assert f"/pins/compose/?batch={pin.pk}" in buttons(page)


def test_a_lost_answer_says_that_it_is_looked_for_and_when(
    workspace: Workspace, shop: PinterestAccount, vic: User, client_of: SignIn
) -> None:
    now = timezone.now()
    pin = waiting(workspace, shop)
    Pin.objects.update(
        status=Status.PUBLISHING, reason_code="checking", reason_message="The connection was lost."
    )
    pin.attempts.create(
        state=AttemptState.UNKNOWN,
        started_at=now,
        sent_at=now,
        lease_until=now,
        look_at=now + timedelta(minutes=3),
    )
    shown = words(state(client_of(vic), pin))
    assert "Looking whether it is on Pinterest" in shown
    assert "The connection was lost. It looks again Today" in shown or "It looks again Tomorrow" in shown


def test_publishing_through_a_stopped_account_is_not_promised(
    workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    pin = factories.make_pin(
        workspace, shop, status=Status.FAILED, picture=factories.make_media(workspace), reason_code="1"
    )
    health.hold(shop, code="spam", message="Spam.", now=timezone.now())
    answer = client_of(alice).post(f"/pins/{pin.pk}/retry/", follow=True)
    assert "Queued. It goes out by itself once @shop publishes again." in words(answer)


# Overdue after an outage ---------------------------------------------------------------------------------


@pytest.fixture
def overdue(workspace: Workspace, shop: PinterestAccount) -> Pin:
    return waiting(
        workspace, shop, due_at=None, reason_code="overdue", reason_message=dispatch.OVERDUE_MESSAGE
    )


def test_an_overdue_pin_waits_for_a_person_who_publishes_it(
    overdue: Pin, alice: User, client_of: SignIn
) -> None:
    browser = client_of(alice)
    page = state(browser, overdue)
    assert "Waits until you say when" in words(page)
    assert "Overdue" in words(page)
    browser.post(f"/pins/{overdue.pk}/publish-now/")
    overdue.refresh_from_db()
    assert overdue.due_at is not None
    assert not overdue.reason_code


def test_overdue_pins_have_a_tab_in_the_queue_while_there_are_any(
    overdue: Pin, workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    waiting(workspace, shop, title="Tried again at four")
    browser = client_of(alice)
    shown = words(browser.get("/pins/?status=overdue"))
    assert "Overdue 1" in shown
    assert overdue.title in shown
    assert "Tried again at four" not in shown
    Pin.objects.filter(pk=overdue.pk).update(due_at=timezone.now())
    assert "Overdue" not in words(browser.get("/pins/"))


def test_home_asks_for_overdue_pins(overdue: Pin, alice: User, vic: User, client_of: SignIn) -> None:
    page = client_of(alice).get("/")
    assert dispatch.OVERDUE_MESSAGE in words(page)
    assert f"/pins/{overdue.pk}/publish-now/" in buttons(page)
    assert not [url for url in buttons(client_of(vic).get("/")) if "publish-now" in url]


def test_overdue_pins_are_told_once_until_all_are_dealt_with(
    overdue: Pin, workspace: Workspace, shop: PinterestAccount, alice: User
) -> None:
    now = timezone.now()
    assert notify.tell(now=now) == 1
    notify.mail(now=now)
    told = Notification.objects.get()
    assert (told.kind, told.title) == (NotificationKind.OVERDUE, "1 Pin of @shop is overdue: say when")
    assert told.get_absolute_url() == f"/pins/{overdue.pk}/"
    (letter,) = mail.outbox
    assert letter.to == [alice.email]

    second = waiting(workspace, shop, due_at=None)
    assert notify.tell(now=now) == 0
    Pin.objects.filter(pk=overdue.pk).update(due_at=now)
    notify.tell(now=now)
    assert Notification.objects.open().exists()
    Pin.objects.filter(pk=second.pk).update(due_at=now)
    notify.tell(now=now)
    assert not Notification.objects.open().exists()

    Pin.objects.update(due_at=None)
    assert notify.tell(now=now) == 1
    assert Notification.objects.open().get().title == "2 Pins of @shop are overdue: say when"


# The account's page --------------------------------------------------------------------------------------


def test_the_accounts_page_sends_people_to_what_waits_for_them(
    overdue: Pin, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    page = client_of(alice).get(f"/accounts/{shop.pk}/")
    assert "1 Pin waits for you." in words(page)
    assert f"/pins/?account={shop.pk}&amp;status=overdue" in page.content.decode()


def test_a_stopped_account_names_no_next_try(
    workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    waiting(workspace, shop, reason_code="spam", reason_message="Spam, it says.")
    health.hold(shop, code="spam", message="Spam, it says.", now=timezone.now())
    shown = words(client_of(alice).get(f"/accounts/{shop.pk}/"))
    assert shown.count("Spam, it says.") == 1
    assert "Next try" not in shown
    assert "@shop: Spam, it says." in shown  # whose it is: the same words stand on every page


def test_a_connection_that_is_about_to_end_says_so_with_its_cure(
    shop: PinterestAccount, alice: User, edith: User, client_of: SignIn
) -> None:
    ends = timezone.now() + timedelta(days=10)
    PinterestAccount.objects.update(refresh_expires_at=ends)
    page, editor = (client_of(user).get(f"/accounts/{shop.pk}/") for user in (alice, edith))
    assert "The connection ends" in words(page)
    assert "renewed by itself" not in words(page)
    assert "Reconnect @shop" in words(page)
    assert "Ask an owner or admin" in words(editor)
    PinterestAccount.objects.update(refresh_expires_at=ends + timedelta(days=30))
    assert "renewed by itself" in words(client_of(alice).get(f"/accounts/{shop.pk}/"))


def test_a_late_pin_says_that_it_was_due_and_that_nobody_sends(
    workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    now = timezone.now()
    Heartbeat.objects.beat(dispatch.BEAT, now - timedelta(minutes=3))
    pin = waiting(workspace, shop, publish_at=now - timedelta(minutes=2), due_at=now - timedelta(minutes=2))
    shown = words(state(client_of(alice), pin))
    assert "Was due" in shown
    assert "the part of PinSched that sends Pins has been silent since" in shown
    assert "Goes out" not in shown


def test_the_accounts_page_says_that_nobody_sends(
    workspace: Workspace, shop: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    now = timezone.now()
    pin = waiting(workspace, shop, due_at=now - timedelta(seconds=20))
    browser = client_of(alice)
    assert "silent or behind" not in words(
        browser.get(f"/accounts/{shop.pk}/")
    )  # a moment later it may be out
    Pin.objects.filter(pk=pin.pk).update(due_at=now - timedelta(minutes=2))
    assert "1 Pin waits. Due since Today" in words(browser.get(f"/accounts/{shop.pk}/")).replace(
        "Yesterday", "Today"
    )


# Notifications -------------------------------------------------------------------------------------------


def test_an_account_whose_tokens_can_not_be_used_is_told_until_its_pins_go_out(
    workspace: Workspace, shop: PinterestAccount, alice: User
) -> None:
    now = timezone.now()
    pin = waiting(workspace, shop, reason_code="lost_key", reason_message="No key opens them.")
    for ago in (3, 2, 1):  # tried every minute
        pin.attempts.create(
            state=AttemptState.DEFERRED,
            code="lost_key",
            message="No key opens them.",
            started_at=now,
            lease_until=now,
            settled_at=now - timedelta(minutes=ago),
        )
    assert notify.tell(now=now) == 1
    notify.mail(now=now)
    told = Notification.objects.get()
    assert (told.kind, told.cure) == (NotificationKind.UNUSABLE, "Reconnect @shop")
    assert "No key opens them." in told.message
    assert [letter.to for letter in mail.outbox] == [[alice.email]]
    Pin.objects.update(status=Status.PUBLISHING, reason_code="")  # being tried once more
    assert notify.tell(now=now) == 0
    assert Notification.objects.open().exists()
    Pin.objects.update(status=Status.PUBLISHED, pinterest_id="1", published_at=now)
    notify.tell(now=now)
    assert not Notification.objects.open().exists()


def test_a_digest_of_different_failures_counts_no_reason(
    workspace: Workspace, shop: PinterestAccount
) -> None:
    now = timezone.now()
    for why in ("The link is blocked.", "The board is gone."):
        pin = factories.make_pin(workspace, shop, status=Status.FAILED, reason_message=why)
        pin.attempts.create(
            state=AttemptState.REFUSED,
            started_at=now,
            lease_until=now,
            settled_at=now - timedelta(minutes=2),
        )
    notify.tell(now=now)
    said = Notification.objects.get().message
    assert said.startswith("Each for a reason of its own: look at them one by one.")


# The API -------------------------------------------------------------------------------------------------


def test_the_api_gives_the_accounts_reason_while_that_stops_everything(
    workspace: Workspace, shop: PinterestAccount
) -> None:
    pin = waiting(workspace, shop, reason_code="auth_expired", reason_message="It is renewed.")
    said = PinOut.of(pin)
    assert said.reason
    assert said.reason.code == "auth_expired"
    assert said.next_try_at == pin.due_at
    health.needs_reconnect(shop, now=timezone.now())
    said = PinOut.of(Pin.objects.with_parts().get(pk=pin.pk))
    assert said.reason
    assert said.reason.code == "needs_reconnect"
    assert said.next_try_at is None
