"""With SIGNUP=invited the first user of an empty installation signs up, and then who was invited."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import closing, invitations
from accounts.models import FirstUser, Invitation, Membership, Role, User, Workspace
from tests.support.at_once import at_once
from tests.support.production import python
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db

SIGN_UP = "/accounts/signup/"
PASSWORD = "a-long-and-unusual-phrase"


@pytest.fixture(autouse=True)
def _by_invitation(settings: Any) -> None:
    cache.clear()
    settings.SIGNUP = "invited"


def sign_up(email: str = "ines@example.com", browser: Client | None = None) -> Any:
    return (browser or Client()).post(SIGN_UP, {"email": email, "password1": PASSWORD})


def invited(workspace: Workspace, email: str = "ines@example.com") -> Client:
    """A stranger's browser that has opened the link in the mail."""
    owner = workspace.memberships.select_related("user", "workspace").get(role=Role.OWNER)
    invitations.invite(workspace, email=email, role=Role.EDITOR, by=owner, now=timezone.now())
    link = re.search(r"/invitations/\S+/", str(mail.outbox[-1].body))
    assert link is not None
    browser = Client()
    assert browser.get(link[0]).status_code == 200
    return browser


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def meanwhile(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """In a thread of its own: what it answered stands in the list when it has ended."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(act())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def test_the_first_signs_up_and_the_next_is_told_plainly() -> None:
    assert 'name="password1"' in Client().get(SIGN_UP).text
    assert sign_up().status_code == 302
    assert User.objects.get().memberships.get().role == Role.OWNER

    page = Client().get(SIGN_UP).text
    assert "by invitation here" in page
    assert 'name="password1"' not in page
    assert "by invitation here" in sign_up("second@example.com").text
    assert User.objects.count() == 1
    assert "takes an invitation" in Client().get("/accounts/login/").text


def test_who_was_made_by_the_operator_counts_as_the_first() -> None:
    User.objects.create_superuser("root@example.com", PASSWORD)
    assert "by invitation here" in sign_up().text
    assert User.objects.count() == 1
    # Made between the look at the form and the transaction that saves it.
    assert not FirstUser.objects.take(User.objects.create_user("late@example.com"))


def test_an_installation_that_is_empty_again_has_a_first_again() -> None:
    sign_up()
    closing.delete_account(User.objects.get(), now=timezone.now())
    assert sign_up("second@example.com").status_code == 302
    assert FirstUser.objects.get().user.email == "second@example.com"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_two_at_once_one_is_the_first() -> None:
    """The first's transaction is still open: the second, whom the form let in, waits and is refused."""
    with transaction.atomic():
        first = User.objects.create_user("first@example.com")
        assert FirstUser.objects.take(first)
        thread, answers = meanwhile(sign_up)
        wait_until(somebody_waits, what="the second to wait for the first")
    thread.join()

    assert answers[0].status_code == 403
    assert "by invitation here" in answers[0].text
    assert [user.email for user in User.objects.all()] == ["first@example.com"]
    assert not Workspace.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_many_at_once_one_is_the_first() -> None:
    addresses = [f"person{number}@example.com" for number in range(6)]
    answers = at_once([partial(sign_up, address) for address in addresses])
    assert [answer.status_code for answer in answers].count(302) == 1
    assert User.objects.count() == Workspace.objects.count() == 1


def test_an_invited_address_signs_up_through_its_link(workspace: Workspace) -> None:
    assert sign_up(browser=invited(workspace)).status_code == 302
    assert Membership.objects.get(user__email="ines@example.com").workspace == workspace


def test_the_link_lets_in_no_other_address(workspace: Workspace) -> None:
    browser = invited(workspace)
    answer = sign_up("other@example.com", browser)
    assert "The invitation is for ines@example.com." in answer.text
    assert 'value="other@example.com"' in answer.text
    assert not User.objects.filter(email="other@example.com").exists()
    assert sign_up("INES@example.com", browser).status_code == 302


def test_a_dead_link_opens_nothing(workspace: Workspace) -> None:
    browser = invited(workspace)
    invitations.revoke(Invitation.objects.get(), now=timezone.now())
    assert "by invitation here" in sign_up(browser=browser).text
    assert not User.objects.filter(email="ines@example.com").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.parametrize("signup", ["open", "invited"])
def test_one_that_is_taken_back_at_that_moment_makes_nobody(
    workspace: Workspace, signup: str, settings: Any
) -> None:
    settings.SIGNUP = signup
    browser = invited(workspace)
    with transaction.atomic():
        invitations.revoke(Invitation.objects.get(), now=timezone.now())
        thread, answers = meanwhile(lambda: sign_up(browser=browser))
        wait_until(somebody_waits, what="the sign-up to wait for the invitation")
    thread.join()
    assert answers[0].status_code == 404
    assert not User.objects.filter(email="ines@example.com").exists()


def test_the_operators_commands_make_users_in_any_case(workspace: Workspace) -> None:
    call_command("create_api_token", "script@example.com")
    call_command("createsuperuser", "--noinput", email="root@example.com")
    assert User.objects.filter(email__in=["script@example.com", "root@example.com"]).count() == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "invited"),
        ({"SIMULATOR": "1"}, "open"),
        ({"SIGNUP": "open"}, "open"),
        ({"SIMULATOR": "1", "SIGNUP": "invited"}, "invited"),
    ],
)
def test_it_is_closed_unless_somebody_opens_it(given: dict[str, str], expected: str) -> None:
    said = python("from pinsched import settings; print(settings.SIGNUP)", **given)
    assert said.stdout.strip() == expected


def test_a_word_that_means_nothing_is_refused() -> None:
    said = python("import pinsched.settings", SIGNUP="closed")
    assert said.returncode
    assert "Write open or invited" in said.stderr
