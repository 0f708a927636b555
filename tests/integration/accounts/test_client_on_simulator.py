"""The client against the stand-in for Pinterest: the two share no code, so each keeps the other honest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.pinterest import errors
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.types import ImageBase64, NewPin
from pins.rules import metrics
from tests.support import factories
from tests.support.simulated import Simulator


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def client(simulator: Simulator, records: list[CallRecord]) -> PinterestClient:
    simulator.person()
    grant = simulator.grant()
    return PinterestClient(grant["access_token"], api_url=simulator.api_url, on_response=records.append)


@pytest.fixture
def board(client: PinterestClient) -> str:
    return next(board.id for board in client.boards() if board.name == "Home office ideas")


def new(board: str, **more: Any) -> NewPin:
    fields: dict[str, Any] = {
        "title": "One vase, one desk",
        "media": ImageBase64("image/jpeg", factories.jpeg()),
    }
    return NewPin(board_id=board, **fields | more)


def test_who_it_is(client: PinterestClient) -> None:
    who = client.user_account()
    assert (who.username, who.name, who.kind) == ("alderandoat", "Alder & Oat", "BUSINESS")
    assert who.id.isdigit()


def test_a_pin_is_made_read_and_listed_everywhere(client: PinterestClient, board: str) -> None:
    section = next(section for section in client.sections(board) if section.name == "Desks")
    made = client.create_pin(
        new(
            board,
            section_id=section.id,
            description="Light",
            link="https://alderandoat.example/",
            alt_text="A desk",
        )
    )

    assert client.pin(made.id) == made
    assert (made.title, made.description, made.link) == (
        "One vase, one desk",
        "Light",
        "https://alderandoat.example/",
    )
    assert (made.board_id, made.section_id, made.alt_text) == (board, section.id, "A desk")
    assert made.created_at is not None
    assert abs(made.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert made.image_at_least(400) is not None
    assert [pin.id for pin in client.pins()] == [made.id]
    assert [pin.id for pin in client.board_pins(board)] == [made.id]
    assert [pin.id for pin in client.section_pins(board, section.id)] == [made.id]
    assert client.pins_page(page_size=1).items == (made,)


def test_numbers_come_by_day(client: PinterestClient, simulator: Simulator) -> None:
    simulator.person(
        pins=[
            {
                "board": "House plants",
                "title": "A fern",
                "created_at": (datetime.now(UTC) - timedelta(days=20)).isoformat(),
            }
        ]
    )
    pin = next(client.pins())
    today = datetime.now(UTC).date()

    numbers = client.pin_analytics(pin.id, today - timedelta(days=89), today, metrics.asked(video=False))

    assert 15 <= len(numbers.days) <= 22
    assert sum(day.numbers["IMPRESSION"] or 0 for day in numbers.days) > 0
    assert numbers.days[0].is_ready
    assert numbers.lifetime["TOTAL_COMMENTS"] is not None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x" * 101}, "title"),
        ({"description": "x" * 801}, "description"),
        ({"link": "https://x.example/" + "x" * 2048}, "link"),
        ({"alt_text": "x" * 501}, "alt_text"),
        ({"board_id": "1"}, "board"),
        ({"section_id": "1"}, "section"),
        ({"media": ImageBase64("image/jpeg", b"GIF89a no picture")}, "media"),
    ],
)
def test_a_refusal_names_the_field(
    client: PinterestClient, board: str, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.Refused) as caught:
        client.create_pin(new(changes.pop("board_id", board), **changes))
    assert caught.value.field == field
    assert caught.value.request_id


def test_trial_access_is_told_apart(client: PinterestClient, simulator: Simulator, board: str) -> None:
    simulator.config(tier="trial")
    with pytest.raises(errors.TrialTier) as caught:
        client.create_pin(new(board))
    assert (caught.value.http_status, caught.value.code) == (403, 29)


def test_a_pin_that_is_gone(client: PinterestClient) -> None:
    with pytest.raises(errors.Refused) as caught:
        client.pin("1")
    assert (caught.value.http_status, caught.value.code, caught.value.field) == (404, 50, "pin")


def test_a_dead_token(client: PinterestClient, simulator: Simulator) -> None:
    simulator.kill_tokens()
    with pytest.raises(errors.AuthExpired):
        client.user_account()


@pytest.mark.parametrize("told", [True, False])
def test_a_rate_limit_says_how_long_to_wait(
    client: PinterestClient, simulator: Simulator, board: str, told: bool
) -> None:
    simulator.config(limits={"org_write": [1, 60]}, retry_after=told)
    client.create_pin(new(board))
    with pytest.raises(errors.RateLimited) as caught:
        client.create_pin(new(board))
    assert 0 < caught.value.retry_after <= 60


def test_limits_are_read_from_every_answer(client: PinterestClient, records: list[CallRecord]) -> None:
    client.user_account()
    assert records[-1].limits is not None
    assert {window.category for window in records[-1].limits.windows} == {"safety_net", "org_read"}


@pytest.mark.parametrize("form", ["bare", "garbage"])
def test_any_other_form_of_the_headers_does_no_harm(
    client: PinterestClient, simulator: Simulator, form: str
) -> None:
    simulator.config(rate_headers=form)
    assert client.user_account().username == "alderandoat"


@pytest.mark.parametrize(
    ("fault", "landed"),
    [
        ({"kind": "drop_before"}, 0),
        ({"kind": "drop_after"}, 1),
        ({"kind": "garble"}, 1),
        ({"kind": "status", "status": 503}, 0),
        ({"kind": "status", "status": 500, "commit": True}, 1),
        ({"kind": "slow", "seconds": 3, "commit_first": True}, 1),
    ],
)
def test_what_was_lost_is_unknown_whether_or_not_it_landed(
    simulator: Simulator, client: PinterestClient, board: str, fault: dict[str, Any], landed: int
) -> None:
    simulator.fault(method="POST", path="/pins", times=1, **fault)
    client._deadline = 1.0

    with pytest.raises(errors.OutcomeUnknown):
        client.create_pin(new(board))
    assert len(simulator.pins()) == landed
