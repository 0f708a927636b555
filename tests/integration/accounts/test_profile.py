"""What an account is called on Pinterest is what it is called here, from the next sync on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import boards
from accounts.models import PinterestAccount
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

ME = {"method": "GET", "path": "/user_account$"}
RENAMED: dict[str, Any] = {
    "username": "alder.and.oak",
    "business_name": "Alder & Oak",
    "account_type": "PINNER",
    "profile_image": "https://i.pinimg.com/new.jpg",
    "website_url": "https://oak.example",
    "follower_count": 7,
}


def says(simulator: Simulator, account: PinterestAccount, **other: object) -> None:
    body = {"id": account.pinterest_id, **RENAMED, **other}
    simulator.fault("status", **ME, status=200, body=body)


def test_names_picture_and_kind_follow_the_sync(account: PinterestAccount, simulator: Simulator) -> None:
    assert account.picture_url
    says(simulator, account)
    call_command("sync_library", account=account.username)
    account.refresh_from_db()
    assert (account.username, account.name, account.kind) == ("alder.and.oak", "Alder & Oak", "PINNER")
    assert account.picture_url == "https://i.pinimg.com/new.jpg"
    assert (account.website, account.follower_count) == ("https://oak.example", 7)


@pytest.mark.parametrize(
    "other",
    [
        {"username": "", "account_type": None, "follower_count": 10**30},
        {"username": None, "account_type": 5.5, "follower_count": "many"},
    ],
)
def test_what_is_not_said_stays_as_it_was(
    account: PinterestAccount, simulator: Simulator, other: dict[str, Any]
) -> None:
    says(simulator, account, **other)
    boards.sync(account, now=timezone.now())
    account.refresh_from_db()
    assert (account.username, account.kind) == ("alderandoat", "BUSINESS")
    assert account.follower_count not in (None, 7)
    assert account.name == "Alder & Oak"


def test_words_too_long_for_their_columns_stop_no_sync(
    account: PinterestAccount, simulator: Simulator
) -> None:
    long = "x" * 3000
    says(simulator, account, username=long, business_name=long, website_url=long, profile_image=long)
    assert boards.sync(account, now=timezone.now()) == 7
    account.refresh_from_db()
    assert (account.username, account.website, account.picture_url) == ("x" * 100, "", "")


def test_another_persons_words_are_not_ours(account: PinterestAccount, simulator: Simulator) -> None:
    says(simulator, account, id="123456789")
    boards.sync(account, now=timezone.now())
    account.refresh_from_db()
    assert account.username == "alderandoat"


def test_a_refusal_stops_no_sync(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.fault("status", **ME, status=403)
    assert boards.sync(account, now=timezone.now()) == 7
