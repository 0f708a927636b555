"""The mirror of boards and sections, and making new ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import boards, connect, health
from accounts.models import Board, BoardSection, Health, PinterestAccount
from accounts.pinterest import errors
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db


def names(account: PinterestAccount) -> list[str]:
    return sorted(account.boards.present().values_list("name", flat=True))


def test_boards_and_sections_are_mirrored(account: PinterestAccount) -> None:
    assert "Home office ideas" in names(account)
    office = account.boards.get(name="Home office ideas")
    assert sorted(office.sections.values_list("name", flat=True)) == ["Desks", "Lighting"]
    assert account.boards.get(name="Autumn catalogue drafts").is_secret
    assert account.boards_synced_at is not None


def test_all_pages_are_read(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.person(boards=[{"name": f"Board {n:03}", "sections": []} for n in range(260)])

    boards.sync(account, now=timezone.now())

    assert len(names(account)) == 267


def test_92_boards_with_260_sections_between_them_are_all_here(
    account: PinterestAccount, simulator: Simulator
) -> None:
    sections = [f"Section {n:03}" for n in range(169)]
    few = [{"name": f"Board {n:03}", "sections": ["One"]} for n in range(91)]
    simulator.person(boards=[{"name": "Of all", "sections": sections}, *few])
    boards.sync(account, now=timezone.now())
    ours = account.boards.present().exclude(name="Of all").filter(name__startswith="Board ")
    assert ours.filter(sections__name="One").count() == 91
    assert account.boards.get(name="Of all").sections.count() == 169


def test_a_board_that_is_gone_is_marked_and_comes_back(
    account: PinterestAccount, simulator: Simulator
) -> None:
    made = boards.create_board(account, name="For a day", now=timezone.now())
    Board.objects.filter(pk=made.pk).update(pinterest_id="1")  # as if Pinterest had another one

    boards.sync(account, now=timezone.now())

    made.refresh_from_db()
    assert made.vanished_at is not None
    back = account.boards.present().get(name="For a day")
    Board.objects.filter(pk=back.pk).update(vanished_at=timezone.now())
    boards.sync(account, now=timezone.now())
    back.refresh_from_db()
    assert back.vanished_at is None


def test_a_section_that_is_gone_is_marked(account: PinterestAccount) -> None:
    office = account.boards.get(name="Home office ideas")
    gone = BoardSection.objects.create(board=office, pinterest_id="1", name="Gone")

    boards.sync(account, now=timezone.now())

    gone.refresh_from_db()
    assert gone.vanished_at is not None
    assert office.sections.present().count() == 2


def test_what_failed_stands_on_the_account_and_nothing_vanishes(
    account: PinterestAccount, simulator: Simulator
) -> None:
    before = names(account)
    simulator.fault("status", status=503, path="/boards")

    with pytest.raises(errors.Unavailable):
        boards.sync(account, now=timezone.now())

    account.refresh_from_db()
    assert account.boards_sync_message == errors.Unavailable.plain
    assert names(account) == before


def test_a_failure_among_sections_keeps_the_boards(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.person(boards=[{"name": "New one"}])
    simulator.fault("status", status=503, path=r"/sections$")

    with pytest.raises(errors.Unavailable):
        boards.sync(account, now=timezone.now())

    assert "New one" in names(account)
    assert BoardSection.objects.filter(board__account=account, vanished_at=None).count() > 0


def test_a_board_whose_sections_are_refused_keeps_them_and_holds_up_no_other(
    account: PinterestAccount, simulator: Simulator
) -> None:
    simulator.person(boards=[{"name": "Zoo", "sections": ["Lions"]}])
    first = account.boards.filter(sections__isnull=False).order_by("pk").first()
    assert first is not None
    known = first.sections.present().count()
    simulator.fault("status", status=403, path=f"/boards/{first.pinterest_id}/sections$")

    boards.sync(account, now=timezone.now())

    account.refresh_from_db()
    assert account.boards_sync_message == ""
    assert account.boards.get(name="Zoo").sections.count() == 1
    assert first.sections.present().count() == known


@pytest.mark.parametrize("said", ["Nul \\u0000here", "Half \\ud83dhere"])
def test_a_name_that_no_database_keeps_spoils_no_sync(
    account: PinterestAccount, simulator: Simulator, said: str
) -> None:
    body = f'{{"items": [{{"id": "777", "name": "{said}"}}], "bookmark": null}}'
    simulator.fault("status", status=200, path="/boards$", body=body, times=1)

    boards.sync(account, now=timezone.now())

    assert account.boards.get(pinterest_id="777").name.endswith("here")


def test_a_sync_renews_an_expired_token_by_itself(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.kill_tokens("access")
    assert boards.sync(account, now=timezone.now()) == 7


def test_a_sync_of_a_dead_grant_asks_for_a_reconnect(account: PinterestAccount, simulator: Simulator) -> None:
    simulator.kill_tokens()

    with pytest.raises(health.NeedsReconnect):
        boards.sync(account, now=timezone.now())

    account.refresh_from_db()
    assert account.health == Health.NEEDS_RECONNECT
    assert "Reconnect" in account.boards_sync_message


def test_nobody_asks_for_a_second_sync_while_one_is_under_way(account: PinterestAccount) -> None:
    now = timezone.now()

    assert boards.ask_for_sync(account, now=now) is True
    assert account.is_syncing(now)
    assert boards.ask_for_sync(account, now=now + timedelta(seconds=5)) is False
    assert boards.ask_for_sync(account, now=now + timedelta(minutes=4)) is True
    boards.sync(account, now=now + timedelta(minutes=5))
    assert not account.is_syncing(now + timedelta(minutes=5))


def test_boards_are_due_daily_and_after_a_failure_not_before_an_hour(account: PinterestAccount) -> None:
    now = timezone.now()
    tomorrow = now + timedelta(days=1)
    assert list(boards.due_for_sync(now)) == []
    assert list(boards.due_for_sync(tomorrow)) == [account]

    boards.ask_for_sync(account, now=tomorrow)
    assert list(boards.due_for_sync(tomorrow + timedelta(minutes=30))) == []
    assert list(boards.due_for_sync(tomorrow + timedelta(hours=2))) == [account]

    connect.disconnect(account, now=now)
    assert list(boards.due_for_sync(tomorrow + timedelta(hours=2))) == []


def test_a_board_and_a_section_are_made_there_and_here(account: PinterestAccount) -> None:
    made = boards.create_board(
        account, name="Rugs", description="On floors", privacy="SECRET", now=timezone.now()
    )
    section = boards.create_section(made, name="Round", now=timezone.now())
    boards.sync(account, now=timezone.now())

    made.refresh_from_db()
    assert (made.name, made.description, made.is_secret, made.vanished_at) == (
        "Rugs",
        "On floors",
        True,
        None,
    )
    assert list(made.sections.present()) == [section]


def test_the_newest_pins_are_read_live_and_kept_for_a_minute(
    account: PinterestAccount, simulator: Simulator
) -> None:
    cache.clear()
    made: Any = [
        {"board": "House plants", "title": f"Pin {n}", "created_at": f"2026-01-01T00:00:{n:02}+00:00"}
        for n in range(30)
    ]
    simulator.person(pins=made)

    found = boards.newest_pins(account, now=timezone.now())
    asked = len(simulator.calls())
    again = boards.newest_pins(account, now=timezone.now())

    assert len(found) == 25
    assert found[0].title == "Pin 29"
    assert found[0].image_at_least(100) is not None
    assert again == found
    assert len(simulator.calls()) == asked
