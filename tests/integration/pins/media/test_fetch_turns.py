"""Pictures given by address take turns: a thousand of one workspace delay nobody else's."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User, Workspace
from pins import tasks
from pins.media import download
from pins.models import Media
from tests.integration.pinsched.test_background import messages
from tests.support import factories
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def add(workspace: Workspace, number: int, *, seconds: int = 0) -> list[int]:
    """So many addresses of a workspace, noted so many seconds from now."""
    at = NOW + timedelta(seconds=seconds)
    row = {"workspace": workspace, "source_url": "https://x.example/a.jpg", "asked_at": at, "fetch_at": at}
    return [Media.objects.create(**row).pk for _ in range(number)]


def owners(pks: list[int]) -> Counter[int]:
    return Counter(Media.objects.filter(pk__in=pks).values_list("workspace", flat=True))


@pytest.fixture
def other(charlie: User) -> Workspace:
    return Workspace.objects.get(memberships__user=charlie)


def test_of_one_workspace_some_are_fetched_at_a_time_the_oldest_first(workspace: Workspace) -> None:
    pks = add(workspace, 10)
    assert download.hand_out(now=NOW) == pks[: download.OF_ONE]
    assert download.hand_out(now=NOW) == []


def test_another_workspace_is_not_behind_a_thousand_of_one(workspace: Workspace, other: Workspace) -> None:
    add(workspace, 1000)
    download.hand_out(now=NOW)
    mine = add(other, 1, seconds=1)
    assert download.hand_out(now=NOW + timedelta(seconds=1)) == mine


def test_who_has_fewest_under_way_comes_first(workspace: Workspace, other: Workspace, bob: User) -> None:
    crowd = [factories.make_workspace(bob, name=f"Crowd {n}") for n in range(2)]
    for each in (workspace, *crowd):
        add(each, 10)
    first = download.hand_out(now=NOW)
    assert sorted(owners(first).values()) == [2, 3, 3]  # AT_ONCE in all
    (mine,) = add(other, 1)
    assert download.hand_out(now=NOW) == []
    Media.objects.filter(pk=first[0]).update(fetch_at=None, fetch_until=None)  # that one is over
    assert download.hand_out(now=NOW) == [mine]


def test_one_whose_worker_is_gone_is_handed_out_again(workspace: Workspace) -> None:
    (pk,) = add(workspace, 1)
    assert download.hand_out(now=NOW) == [pk]
    assert download.hand_out(now=NOW + download.FETCH_LEASE - timedelta(seconds=1)) == []
    assert download.hand_out(now=NOW + download.FETCH_LEASE) == [pk]


def test_what_is_put_off_waits_for_its_time(workspace: Workspace) -> None:
    add(workspace, 1, seconds=10)
    assert download.hand_out(now=NOW + timedelta(seconds=9)) == []
    assert len(download.hand_out(now=NOW + timedelta(seconds=10))) == 1


def test_nothing_is_fetched_for_a_workspace_that_is_being_deleted(workspace: Workspace) -> None:
    add(workspace, 1)
    Workspace.objects.filter(pk=workspace.pk).update(deleting_since=NOW)
    assert download.hand_out(now=NOW) == []


def test_a_thousand_addresses_are_never_more_messages_than_may_be_fetched(workspace: Workspace) -> None:
    add(workspace, 1000)
    with messages("fetch") as came:
        for _ in range(20):
            tasks.hand_out_fetches()
    assert came == [download.OF_ONE]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_hand_out_at_once_none_hands_out_too_many(workspace: Workspace) -> None:
    add(workspace, 50)
    handed = at_once([partial(download.hand_out, now=NOW)] * 8)
    found = [pk for some in handed for pk in some]
    assert len(found) == len(set(found)) == download.OF_ONE


def test_a_list_of_thousands_is_looked_through_in_the_same_queries(
    workspace: Workspace, other: Workspace, django_assert_num_queries: Any
) -> None:
    download.hand_out(now=NOW)
    for number in (3, 300):
        add(workspace, number)
        Media.objects.update(fetch_until=None)
        with django_assert_num_queries(8):
            download.hand_out(now=NOW)
