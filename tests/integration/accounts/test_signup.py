"""Signing up makes a person and a workspace, once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User, Workspace
from tests.support.at_once import at_once

PASSWORD = "a-long-and-unusual-phrase"


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    """allauth counts sign-ups by address in the cache."""
    cache.clear()


def sign_up(browser: Client, **more: str) -> Any:
    return browser.post("/accounts/signup/", {"email": "ines@example.com", "password1": PASSWORD, **more})


@pytest.mark.django_db
def test_a_newcomer_gets_a_workspace_in_the_browsers_zone() -> None:
    answer = sign_up(Client(), workspace_name="Alder & Oat", time_zone="Europe/Lisbon")

    assert answer.status_code == 302
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.time_zone, workspace.time_zone_confirmed) == (
        "Alder & Oat",
        "Europe/Lisbon",
        False,
    )
    membership = workspace.memberships.get()
    assert (membership.user.email, membership.role) == ("ines@example.com", Role.OWNER)
    assert membership.user.time_zone == "Europe/Lisbon"


@pytest.mark.django_db
def test_an_old_spelling_of_the_zone_is_stored_as_it_is_called_today() -> None:
    """Chrome says Asia/Calcutta in all of India."""
    sign_up(Client(), time_zone="Asia/Calcutta")
    assert Workspace.objects.get().time_zone == "Asia/Kolkata"
    assert User.objects.get().time_zone == "Asia/Kolkata"


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd"])
def test_without_a_name_and_with_a_strange_zone_it_still_works(zone: str) -> None:
    sign_up(Client(), time_zone=zone)
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.time_zone) == ("ines’s workspace", "UTC")


@pytest.mark.django_db
def test_the_confirmation_link_names_base_url_whatever_the_host() -> None:
    browser = Client(headers={"Host": "127.0.0.1:8000"})
    sign_up(browser)

    link = re.search(r"http\S+/accounts/confirm-email/\S+", str(mail.outbox[0].body))
    assert link is not None
    assert link[0].startswith("http://localhost:8000/")
    path = link[0].removeprefix("http://localhost:8000")
    assert browser.post(path).status_code == 302
    assert EmailAddress.objects.get().verified
    assert browser.get("/accounts/").status_code == 200


@pytest.mark.django_db
def test_a_password_reset_link_names_base_url_too() -> None:
    sign_up(Client())
    mail.outbox.clear()
    Client(headers={"Host": "127.0.0.1"}).post("/accounts/password/reset/", {"email": "ines@example.com"})
    assert "http://localhost:8000/accounts/password/reset/key/" in str(mail.outbox[0].body)


@pytest.mark.django_db
def test_an_address_that_is_known_answers_alike_and_makes_nothing() -> None:
    first = sign_up(Client())
    second = sign_up(Client(), email="INES@example.com", workspace_name="Second")

    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert User.objects.count() == Workspace.objects.count() == 1


@pytest.mark.django_db
def test_a_bad_password_loses_nothing() -> None:
    answer = sign_up(Client(), password1="short", workspace_name="Alder")
    assert answer.status_code == 200
    assert 'value="Alder"' in answer.content.decode()
    assert User.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_two_at_once_make_one_person_and_one_workspace() -> None:
    answers = at_once([lambda: sign_up(Client())] * 4)
    assert [answer.status_code for answer in answers] == [302] * 4
    assert User.objects.count() == Workspace.objects.count() == EmailAddress.objects.count() == 1
