"""What becomes of Pins whose answer was lost when nobody can tell, or look: people are asked."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
import requests

from accounts.models import PinterestAccount, User, Workspace
from pins.errors import WrongState
from pins.models import AttemptState, Pin, Status
from pins.publish import reconcile
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import SignIn, Time
from tests.integration.pins.publish.due_pins import POST, by_hand
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


NO_ENTRY: dict[str, Any] = {"code": 29, "message": "You are not permitted to access that resource."}

# In doubt --------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(due_pin: Pin, simulator: Simulator, clock: Time) -> Pin:
    """Nothing was made, but somebody pinned something like it by hand, just then."""
    simulator.fault("drop_before", **POST, times=1)
    send_all(clock)
    by_hand(simulator, due_pin, clock, title=due_pin.title, description="Typed by hand.")
    reconcile_all(clock)
    return fresh(due_pin)


def test_a_newcomer_that_is_like_it_in_part_is_shown_to_a_person(doubtful: Pin, simulator: Simulator) -> None:
    assert (doubtful.status, doubtful.reason_code) == (Status.NEEDS_REVIEW, "doubt")
    attempt = reconcile.question(doubtful)
    assert attempt is not None
    assert attempt.suspect is not None
    assert attempt.suspect["description"] == "Typed by hand."
    assert len(simulator.pins()) == 1


def test_a_newcomer_with_words_that_no_database_takes(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_before", **POST, times=1)
    created = clock().strftime("%Y-%m-%dT%H:%M:%S")
    odd = {"id": "9", "created_at": created, "title": due_pin.title, "description": "Nothing \0 here"}
    page = {"items": [odd], "bookmark": None}
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=200, body=page)
    send_all(clock)
    reconcile_all(clock)
    assert fresh(due_pin).status == Status.NEEDS_REVIEW


def test_it_is_there_links_it(doubtful: Pin, simulator: Simulator, clock: Time) -> None:
    reconcile.link(doubtful, now=clock())
    (live,) = simulator.pins()
    assert (fresh(doubtful).status, fresh(doubtful).pinterest_id) == (Status.PUBLISHED, live["id"])
    with pytest.raises(WrongState):
        reconcile.post_again(fresh(doubtful), now=clock())


def test_it_is_not_there_posts_it_once(doubtful: Pin, simulator: Simulator, clock: Time) -> None:
    reconcile.post_again(doubtful, now=clock())
    with pytest.raises(WrongState):
        reconcile.post_again(doubtful, now=clock())
    reconcile_all(clock, seconds=6)
    assert fresh(doubtful).status == Status.PUBLISHED
    assert len(simulator.pins()) == 2


def test_a_pin_that_another_row_has_can_not_be_linked(
    doubtful: Pin, workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    (live,) = simulator.pins()
    other = factories.make_pin(workspace, account)
    Pin.objects.filter(pk=other.pk).update(
        status=Status.PUBLISHED, pinterest_id=live["id"], published_at=clock()
    )
    with pytest.raises(WrongState):
        reconcile.link(doubtful, now=clock())
    assert fresh(doubtful).status == Status.NEEDS_REVIEW


# A board that can't be read -----------------------------------------------------------------------------


@pytest.fixture
def hidden(due_pin: Pin, simulator: Simulator, clock: Time) -> Pin:
    """It was made, the answer was lost, and for more than six hours Pinterest doesn't show the board."""
    simulator.fault("drop_after", **POST, times=1)
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=403, body=NO_ENTRY)
    send_all(clock)
    reconcile_all(clock, seconds=30)
    assert (fresh(due_pin).status, fresh(due_pin).reason_code) == (Status.PUBLISHING, "checking")
    assert NO_ENTRY["message"] in fresh(due_pin).reason_message
    clock.passes(7 * 3600)
    reconcile_all(clock, seconds=6)
    return fresh(due_pin)


def test_after_hours_a_person_is_asked_and_nothing_is_sent(hidden: Pin, simulator: Simulator) -> None:
    assert (hidden.status, hidden.reason_code) == (Status.NEEDS_REVIEW, "unreadable")
    assert NO_ENTRY["message"] in hidden.reason_message
    assert len(simulator.pins()) == 1
    attempt = reconcile.question(hidden)
    assert attempt is not None
    assert attempt.suspect is None


def test_as_soon_as_the_board_is_shown_again_the_doubt_is_over(
    hidden: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.no_faults()
    reconcile_all(clock, seconds=600)
    (live,) = simulator.pins()
    assert (fresh(hidden).status, fresh(hidden).pinterest_id) == (Status.PUBLISHED, live["id"])


def test_what_is_proven_absent_a_day_late_waits_for_a_person(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_before", **POST, times=1)
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=403, body=NO_ENTRY)
    send_all(clock)
    clock.passes(25 * 3600)
    reconcile_all(clock, seconds=6)
    simulator.no_faults()
    reconcile_all(clock, seconds=600)
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code, pin.is_overdue) == (Status.SCHEDULED, "absent_late", True)
    assert simulator.pins() == []
    queue.publish_now(pin, now=clock())
    assert send_all(clock) == [Outcome.DONE]


def test_a_person_says_which_one_it_is(
    hidden: Pin, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    client, (live,) = client_of(alice), simulator.pins()
    page = client.get(f"/pins/{hidden.pk}/").text
    assert "It’s there: link it" in page
    assert hidden.reason_message in unescape(page)
    for wrong in ("", "https://pin.it/abc", "https://alderandoat.example/pin/123456/", "a vase"):
        answer = client.post(f"/pins/{hidden.pk}/link/", {"address": wrong})
        assert answer.status_code == 422
        assert ("no Pin’s address" if wrong else "This field is required") in answer.text
        assert fresh(hidden).status == Status.NEEDS_REVIEW
    address = f"https://www.pinterest.co.uk/pin/{live['id']}/?utm=1"
    assert client.post(f"/pins/{hidden.pk}/link/", {"address": address}).status_code == 302
    now = fresh(hidden)
    assert (now.status, now.pinterest_id) == (Status.PUBLISHED, live["id"])
    sent_at = now.attempts.get(state=AttemptState.SUCCEEDED).sent_at
    assert now.published_at == sent_at


def test_a_person_says_that_it_is_not_there(hidden: Pin, simulator: Simulator, clock: Time) -> None:
    reconcile.post_again(hidden, now=clock())
    assert send_all(clock) == [Outcome.DONE]
    assert len(simulator.pins()) == 2


def test_a_likeness_found_at_last_is_shown(hidden: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.no_faults()
    (live,) = simulator.pins()
    token = simulator.grant()["access_token"]
    requests.patch(
        f"{simulator.api_url}/pins/{live['id']}",
        json={"description": "Changed by hand."},
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE,
    ).raise_for_status()
    reconcile_all(clock, seconds=600)
    assert (fresh(hidden).status, fresh(hidden).reason_code) == (Status.NEEDS_REVIEW, "doubt")
    reconcile.link(fresh(hidden), now=clock())
    assert fresh(hidden).pinterest_id == live["id"]


def test_a_stranger_on_the_board_is_no_doubt(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_before", **POST, times=1)
    send_all(clock)
    by_hand(simulator, due_pin, clock, title="Something else")
    reconcile_all(clock)
    assert fresh(due_pin).status == Status.PUBLISHED
