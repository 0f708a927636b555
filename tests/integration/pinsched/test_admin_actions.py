"""What an operator does to many rows at once: asked back, row by row, told, and written in the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import api_tokens, health, tasks
from accounts.admin import actions
from accounts.models import Health, Invitation, PinterestAccount, Stop, User, Workspace
from pins.models import Media, Pin, Status
from tests.conftest import SignIn
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(workspace: Workspace) -> PinterestAccount:
    found = factories.make_account(workspace, username="shop")
    factories.make_board(found)
    return found


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    return factories.make_media(workspace, ready=False)


def post(operator: Client, model: str, action: str, rows: list[Any], **more: str) -> Any:
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return operator.post(f"/admin/{model}/", chosen | more)


def act(operator: Client, model: str, action: str, rows: list[Any]) -> list[str]:
    """What the operator is told after saying yes."""
    operator.cookies.pop("messages", None)  # no page has shown those of the last action
    path, _, query = model.partition("?")
    answer = operator.post(
        f"/admin/{path}/?{query}",
        {"action": action, "_selected_action": [str(row.pk) for row in rows], "confirmed": "yes"},
    )
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


def logged() -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]


# Pins ----------------------------------------------------------------------------------------------------


def test_retry_queues_failed_pins_and_says_of_each_other_why_not(
    operator: Client, shop: PinterestAccount, picture: Media, django_capture_on_commit_callbacks: Any
) -> None:
    failed = [
        factories.make_pin(shop.workspace, shop, status=Status.FAILED, picture=picture, reason_code="refused")
        for _ in range(3)
    ]
    bare = factories.make_pin(shop.workspace, shop, status=Status.FAILED)
    draft = factories.make_pin(shop.workspace, shop, title="A <b>draft</b>")
    with django_capture_on_commit_callbacks() as asked:
        said = act(operator, "pins/pin", "retry", [*failed, bare, draft])
    assert len(asked) == 1  # the dispatcher
    assert said[-1] == "3 Pins queued again."
    no = "was not queued again:"
    row = f'<a href="/admin/pins/pin/{bare.pk}/change/">One vase, one desk (no. {bare.pk})</a>'
    assert f"{row} {no} Add a picture." in said
    row = f'<a href="/admin/pins/pin/{draft.pk}/change/">A &lt;b&gt;draft&lt;/b&gt; (no. {draft.pk})</a>'
    assert f"{row} {no} Only a failed Pin can be tried again." in said
    assert [pin.status for pin in Pin.objects.order_by("pk")] == ["scheduled"] * 3 + ["failed", "draft"]
    assert not Pin.objects.filter(status="scheduled").exclude(reason_code="").exists()
    assert logged().count("Retry: queued again, to go out at once. It had failed: refused") == 3
    assert "Not queued again: Add a picture." in logged()


def test_publish_now_moves_what_its_people_wanted_out_and_nothing_else(
    operator: Client, shop: PinterestAccount, picture: Media
) -> None:
    queued, approval = (
        factories.make_pin(shop.workspace, shop, status=status, picture=picture)
        for status in (Status.SCHEDULED, Status.IN_APPROVAL)
    )
    said = act(operator, "pins/pin", "publish_now", [queued, approval])
    assert said[-1] == "1 Pin queued to go out now."
    assert "Only a scheduled or a failed Pin can be sent now." in said[0]
    queued.refresh_from_db()
    approval.refresh_from_db()
    assert queued.publish_at is not None
    assert queued.publish_at <= timezone.now()
    assert approval.status == Status.IN_APPROVAL


def test_hold_takes_scheduled_pins_out_of_the_queue_and_notes_their_time(
    operator: Client, shop: PinterestAccount
) -> None:
    queued = [factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED) for _ in range(2)]
    gone = factories.make_pin(shop.workspace, shop, status=Status.PUBLISHING)
    said = act(operator, "pins/pin", "hold", [*queued, gone])
    assert said[-1] == "2 Pins held as drafts."
    assert "This Pin isn’t waiting in the queue any more." in said[0]
    assert [pin.status for pin in Pin.objects.order_by("pk")] == ["draft", "draft", "publishing"]
    assert queued[0].publish_at is not None
    assert any(queued[0].publish_at.isoformat(timespec="seconds") in line for line in logged())


@pytest.mark.parametrize("action", ["retry", "publish_now", "hold"])
def test_what_cannot_be_undone_is_asked_first(operator: Client, shop: PinterestAccount, action: str) -> None:
    pins = [factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED) for _ in range(2)]
    answer = post(operator, "pins/pin", action, pins)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "2 Pins" in page
    assert all(f'name="_selected_action" value="{pin.pk}"' in page for pin in pins)
    assert set(Pin.objects.values_list("status", flat=True)) == {"scheduled"}
    assert not logged()


def test_no_more_rows_than_a_request_can_bear(
    operator: Client, shop: PinterestAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 2)
    pins = [factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED) for _ in range(3)]
    assert act(operator, "pins/pin", "hold", pins) == ["Nothing was done: choose at most 2 rows at once."]
    assert not Pin.objects.filter(status="draft").exists()


def test_many_refusals_are_counted_by_reason(
    operator: Client, shop: PinterestAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "NAMED", 1)
    pins = [factories.make_pin(shop.workspace, shop) for _ in range(3)]
    said = act(operator, "pins/pin", "hold", pins)
    assert said[1:] == ["2 Pins more not held as drafts: This Pin isn’t waiting in the queue any more."]


def test_a_row_that_left_the_filtered_list_meanwhile_is_not_touched_and_told(
    operator: Client, shop: PinterestAccount
) -> None:
    pins = [factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED) for _ in range(2)]
    Pin.objects.filter(pk=pins[0].pk).update(status=Status.PUBLISHING)
    said = act(operator, "pins/pin?status__exact=scheduled", "hold", pins)
    assert said == ["1 Pin not touched: no longer in this list.", "1 Pin held as drafts."]


# Accounts ------------------------------------------------------------------------------------------------


def test_accounts_are_held_and_released_with_their_reasons_kept(
    operator: Client, shop: PinterestAccount
) -> None:
    model = "accounts/pinterestaccount"
    assert act(operator, model, "hold", [shop]) == ["1 account put on hold."]
    assert (
        "was not put on hold: It isn’t publishing: see its health." in act(operator, model, "hold", [shop])[0]
    )
    assert post(operator, model, "release", [shop]).status_code == 200  # asked first
    shop.refresh_from_db()
    assert shop.health == Health.HELD
    assert act(operator, model, "release", [shop]) == ["1 account released."]
    shop.refresh_from_db()
    assert shop.is_active
    assert logged()[-1].endswith(f"It was held: {health.STOPPED[Stop.OPERATOR]}")


def test_a_silent_queue_is_asked_once(
    operator: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refuse(pk: int) -> None:
        asked.append(pk)
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.sync_boards, "delay_on_commit", refuse)
    accounts = [factories.make_account(workspace, username=f"a{n}") for n in range(3)]
    said = act(operator, "accounts/pinterestaccount", "sync_boards", accounts)
    assert len(asked) == 1
    assert len(said) == 3
    assert all("The task queue can’t be reached." in words for words in said)


def test_tokens_are_renewed_by_the_workers_who_log_what_came_of_it(
    operator: Client, root: User, account: PinterestAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []
    monkeypatch.setattr(tasks.renew_tokens, "apply_async", lambda args, retry: asked.append(args))
    version = account.token_version
    assert act(operator, "accounts/pinterestaccount", "renew", [account]) == ["1 account being renewed."]
    assert asked == [(account.pk, version, root.pk)]

    tasks.renew_tokens(*asked[0])
    tasks.renew_tokens(*asked[0])  # delivered twice
    account.refresh_from_db()
    assert account.token_version == version + 1
    assert logged() == ["Renewal of the tokens asked for.", "Tokens renewed."]


def test_a_dead_grant_is_logged_in_words(root: User, account: PinterestAccount, simulator: Simulator) -> None:
    PinterestAccount.objects.filter(pk=account.pk).update(refresh_token="pinr_dead")
    tasks.renew_tokens(account.pk, account.token_version, root.pk)
    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    assert logged()[0].startswith("Tokens not renewed: ")


def test_an_account_that_must_be_connected_again_is_not_renewed(
    operator: Client, shop: PinterestAccount
) -> None:
    PinterestAccount.objects.filter(pk=shop.pk).update(health=Health.NEEDS_RECONNECT)
    said = act(operator, "accounts/pinterestaccount", "renew", [shop])
    assert "Its people must connect it again." in said[0]


def test_a_token_is_revoked_once(operator: Client, workspace: Workspace, alice: User) -> None:
    token, _ = api_tokens.issue(alice, workspace, name="Script")
    assert post(operator, "accounts/apitoken", "revoke", [token]).status_code == 200
    assert act(operator, "accounts/apitoken", "revoke", [token]) == ["1 token revoked."]
    assert "It was revoked before." in act(operator, "accounts/apitoken", "revoke", [token])[0]


def test_an_invitation_is_taken_back_once(operator: Client, workspace: Workspace, alice: User) -> None:
    now = timezone.now()
    sent = {"workspace": workspace, "invited_by": alice, "sent_at": now}
    made = {
        email: Invitation.objects.create(**sent, email=email, key_hash=f"hash-of-{email}", expires_at=ends)
        for email, ends in (("new@example.com", now + timedelta(days=7)), ("old@example.com", now))
    }
    invited = made["new@example.com"]
    listed = operator.get("/admin/accounts/invitation/?state=live")
    assert [row.pk for row in listed.context["cl"].result_list] == [invited.pk]
    page = operator.get(f"/admin/accounts/invitation/{invited.pk}/change/")
    assert "new@example.com" in page.text
    for shown in (listed, page):
        assert "hash-of" not in shown.text
    assert "link in the mail stops working" in post(operator, "accounts/invitation", "revoke", [invited]).text
    assert act(operator, "accounts/invitation", "revoke", [invited]) == ["1 invitation revoked."]
    assert "accepted or revoked before" in act(operator, "accounts/invitation", "revoke", [invited])[0]
    assert not Invitation.objects.live(now).exists()
    assert operator.post("/admin/accounts/invitation/add/").status_code == 403
    for state, number in (("revoked", 1), ("over", 1), ("accepted", 0), ("live", 0)):
        found = operator.get(f"/admin/accounts/invitation/?state={state}").context["cl"]
        assert found.result_count == number


# People --------------------------------------------------------------------------------------------------


def test_an_operator_helps_who_lost_telephone_or_laptop(
    operator: Client, alice: User, client_of: SignIn
) -> None:
    Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
    browser = client_of(alice)
    assert browser.get("/accounts/profile/").status_code in (200, 302, 404)  # its session is noted
    assert act(operator, "accounts/user", "reset_second_factor", [alice]) == [
        "1 user freed of their second factor."
    ]
    assert not Authenticator.objects.exists()
    assert act(operator, "accounts/user", "sign_out", [alice]) == ["1 user signed out."]
    assert browser.get("/accounts/email/").status_code == 302
    assert logged() == ["Second factor reset: totp removed.", "Signed out everywhere: sessions ended: 1."]


def test_an_address_is_confirmed_for_who_gets_no_mail(operator: Client, alice: User) -> None:
    EmailAddress.objects.update(verified=False)
    assert act(operator, "accounts/user", "confirm_addresses", [alice]) == ["1 address confirmed."]
    assert EmailAddress.objects.get(user=alice).verified
    assert "It was confirmed before." in act(operator, "accounts/user", "confirm_addresses", [alice])[0]


# Who may -------------------------------------------------------------------------------------------------


def staff(*permissions: str) -> User:
    user = factories.make_user("staff@example.com")
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_who_may_only_look_has_no_actions(client_of: SignIn, shop: PinterestAccount) -> None:
    looking = client_of(staff("view_pin", "view_pinterestaccount"))
    pin = factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED)
    post(looking, "pins/pin", "hold", [pin], confirmed="yes")
    post(looking, "accounts/pinterestaccount", "hold", [shop], confirmed="yes")
    pin.refresh_from_db()
    shop.refresh_from_db()
    assert (pin.status, shop.health) == (Status.SCHEDULED, Health.ACTIVE)


def test_staff_neither_raise_themselves_nor_change_a_superuser(client_of: SignIn, root: User) -> None:
    me = staff("view_user", "change_user")
    browser = client_of(me)
    Authenticator.objects.create(user=root, type="totp", data={"secret": "x"})
    assert browser.post(f"/admin/accounts/user/{me.pk}/change/", {"is_superuser": "on"}).status_code == 403
    assert browser.get(f"/admin/accounts/user/{root.pk}/password/").status_code == 403
    said = act(browser, "accounts/user", "reset_second_factor", [root])
    assert "Only a superuser changes staff." in said[0]
    assert Authenticator.objects.exists()


def test_late_pins_wait_for_longer_than_a_call(operator: Client, shop: PinterestAccount) -> None:
    """The list's own numbers follow the clock: a Pin that is due this second is not late."""
    for seconds in (1, 60):
        at = timezone.now() - timedelta(seconds=seconds)
        factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED, publish_at=at)
    assert operator.get("/admin/pins/pin/?late=nothing").context["cl"].result_count == 1
