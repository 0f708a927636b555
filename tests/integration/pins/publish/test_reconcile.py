"""What becomes of Pins whose answer was lost: adopted, sent again, or shown to a person. Never doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import requests
from django.db import connection
from django.utils import timezone
from PIL import Image

from accounts import boards, connect, health
from accounts.models import Health, PinterestAccount, User, Workspace
from accounts.pinterest.errors import OutcomeUnknown
from accounts.pinterest.types import Pin as LivePin
from pins.errors import WrongState
from pins.media import intake
from pins.media import preparing as medias
from pins.models import Attempt, AttemptState, Media, Pin, Status
from pins.publish import dispatch, once, outcome, publication, reconcile
from pins.publish.evidence import Evidence
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import SignIn, Time
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

POST = {"method": "POST", "path": "/v5/pins$"}
NO_ENTRY: dict[str, Any] = {"code": 29, "message": "You are not permitted to access that resource."}


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    return factories.make_media(workspace)


@pytest.fixture
def due_pin(workspace: Workspace, account: PinterestAccount, picture: Media) -> Pin:
    return due(workspace, account, picture)


def due(workspace: Workspace, account: PinterestAccount, picture: Media, **more: Any) -> Pin:
    pin = factories.make_pin(workspace, account, picture=picture, **more)
    queue.publish_now(pin, now=timezone.now())
    return pin


def by_hand(simulator: Simulator, like: Pin, clock: Time, **words: str) -> None:
    """Somebody pins this on the same board, now."""
    assert like.board is not None
    plan = {"board": like.board.name, "created_at": clock().isoformat(), **words}
    simulator.person("alderandoat", pins=[plan])


def only_attempt(pin: Pin) -> Attempt:
    return pin.attempts.get()


# Made, and the answer lost -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule", [{"kind": "drop_after"}, {"kind": "garble"}, {"kind": "status", "status": 503, "commit": True}]
)
def test_a_pin_that_was_made_is_adopted(
    due_pin: Pin, simulator: Simulator, clock: Time, rule: dict[str, object]
) -> None:
    simulator.control("faults", rule | POST | {"times": 1})
    assert send_all(clock) == [Outcome.IN_DOUBT]
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.PUBLISHING, "checking")
    reconcile_all(clock, seconds=3)
    (live,) = simulator.pins()
    pin = fresh(due_pin)
    assert (pin.status, pin.pinterest_id, pin.reason_code) == (Status.PUBLISHED, live["id"], "")
    assert (only_attempt(pin).state, only_attempt(pin).code) == (AttemptState.SUCCEEDED, "adopted")
    reconcile_all(clock)
    assert len(simulator.pins()) == 1


def test_a_pin_in_a_section_is_found_there(
    workspace: Workspace, account: PinterestAccount, picture: Media, simulator: Simulator, clock: Time
) -> None:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    pin = due(workspace, account, picture, board=board, section=board.sections.get())
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    assert fresh(pin).status == Status.PUBLISHED
    assert [call["path"] for call in simulator.calls() if call["path"].endswith("/pins")][-1].count(
        "sections"
    )


def test_it_is_found_behind_hundreds_of_others_in_any_order(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    assert due_pin.board is not None
    at = (clock() - timedelta(days=3)).isoformat()
    others = [
        {"board": due_pin.board.name, "title": f"Older {number}", "created_at": at} for number in range(600)
    ]
    simulator.person("alderandoat", pins=others)
    simulator.config(order="shuffled")
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED


@pytest.mark.parametrize("made", [True, False])
def test_a_pin_whose_section_is_gone_is_looked_for_on_the_whole_board(
    workspace: Workspace,
    account: PinterestAccount,
    picture: Media,
    simulator: Simulator,
    clock: Time,
    made: bool,
) -> None:
    """Merged into another, say. If it isn't there it goes again, and Pinterest says why it can't."""
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen"]}])
    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    pin = due(workspace, account, picture, board=board, section=board.sections.get())
    gone = {"code": 2031, "message": "Section not found."}
    simulator.fault("drop_after" if made else "drop_before", **POST, times=1)
    simulator.fault("status", **POST, status=404, body=gone)
    simulator.fault("status", method="GET", path="/sections/.*/pins", status=404, body=gone)
    send_all(clock)
    reconcile_all(clock)
    found = (fresh(pin).status, fresh(pin).reason_code)
    assert found == ((Status.PUBLISHED, "") if made else (Status.FAILED, "2031"))


def test_a_twin_of_another_section_explains_what_stands_on_the_board_of_a_section_that_is_gone(
    workspace: Workspace, account: PinterestAccount, picture: Media, simulator: Simulator, clock: Time
) -> None:
    simulator.person("alderandoat", boards=[{"name": "Rooms", "sections": ["Kitchen", "Hall"]}])
    boards.sync(account, now=timezone.now())
    board = account.boards.get(name="Rooms")
    kitchen, hall = (board.sections.get(name=name) for name in ("Kitchen", "Hall"))
    pins = [due(workspace, account, picture, board=board, section=section) for section in (hall, kitchen)]
    simulator.fault("drop_after", **POST, times=1)  # of the hall
    simulator.fault("drop_before", **POST, times=1)  # of the kitchen
    send_all(clock)
    gone = {"code": 2031, "message": "Section not found."}
    simulator.fault(
        "status", method="GET", path=f"/sections/{kitchen.pinterest_id}/pins", status=404, body=gone
    )
    places = reconcile.due(now=clock())
    reconcile.look(next(place for place in places if place.section == kitchen.pk), clock=clock)
    assert [fresh(pin).status for pin in pins] == [Status.PUBLISHING] * 2
    reconcile_all(clock)
    in_hall, in_kitchen = (fresh(pin) for pin in pins)
    (live,) = (pin for pin in simulator.pins() if pin["board_section_id"] == hall.pinterest_id)
    assert in_hall.pinterest_id == live["id"] != in_kitchen.pinterest_id


# Not made, and nobody said so ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [{"kind": "drop_before"}, {"kind": "status", "status": 500}])
def test_a_pin_that_was_not_made_goes_again_after_two_readings(
    due_pin: Pin, simulator: Simulator, clock: Time, rule: dict[str, object]
) -> None:
    simulator.control("faults", rule | POST | {"times": 1})
    began = clock()
    send_all(clock)
    reconcile_all(clock)
    pin = fresh(due_pin)
    assert pin.status == Status.PUBLISHED
    assert len(simulator.pins()) == 1
    first, second = pin.attempts.order_by("pk")
    assert (first.state, first.code) == (AttemptState.DEFERRED, "absent")
    assert first.absent_at is not None
    assert second.sent_at is not None
    assert first.absent_at - began >= timedelta(seconds=once.DEADLINE + 10)
    assert timedelta(seconds=20) <= second.sent_at - first.absent_at
    assert second.sent_at - began <= timedelta(minutes=2)


def test_a_worker_that_died_after_sending(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    now = clock()
    (claim,) = dispatch.claim(now=now)
    Attempt.objects.advance(
        claim.attempt,
        AttemptState.CLAIMED,
        AttemptState.SENT,
        sent_at=now,
        lease_until=now + publication.SENT_LEASE,
    )
    clock.passes(10)
    assert reconcile.sweep(now=clock()) == 0
    reconcile_all(clock)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_nothing_is_decided_while_pinterest_cannot_be_read(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_before", **POST, times=1)
    simulator.fault("status", method="GET", path="/pins", status=503)
    send_all(clock)
    reconcile_all(clock, seconds=90)
    assert fresh(due_pin).status == Status.PUBLISHING
    assert simulator.pins() == []
    simulator.no_faults()
    reconcile_all(clock, seconds=180)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_it_waits_for_a_reconnect_and_says_so(
    due_pin: Pin, workspace: Workspace, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert due_pin.account is not None
    health.needs_reconnect(due_pin.account, now=clock())
    reconcile_all(clock, seconds=30)
    assert "Reconnect @alderandoat" in fresh(due_pin).reason_message
    factories.connect(workspace, simulator)
    reconcile_all(clock, seconds=400)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_token_that_ended_meanwhile_is_renewed_to_look(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    simulator.kill_tokens("access")
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


def test_a_gateway_that_knows_no_such_page_has_not_said_that_the_board_is_gone(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    simulator.fault("drop_after", **POST, times=1)
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=404, body={}, times=1)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    pin = fresh(due_pin)
    assert (pin.status, pin.reason_code) == (Status.PUBLISHING, "checking")
    clock.passes(60)
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED


def test_a_connection_that_ended_says_nothing_of_another_workspaces_pin(
    workspace: Workspace,
    account: PinterestAccount,
    picture: Media,
    simulator: Simulator,
    clock: Time,
    charlie: User,
) -> None:
    theirs = factories.connect(Workspace.objects.get(members=charlie), simulator)
    pins = [
        due(workspace, account, picture),
        due(theirs.workspace, theirs, factories.make_media(theirs.workspace)),
    ]
    simulator.fault("drop_before", **POST, times=2)
    send_all(clock)
    connect.disconnect(account, now=clock())
    places = reconcile.due(now=clock())
    reconcile.look(next(place for place in places if place.account == account.pk), clock=clock)
    mine, other = (fresh(pin).reason_message for pin in pins)
    assert "disconnected" in mine
    assert "disconnected" not in other


def test_a_board_that_is_gone_fails_the_pin(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_before", **POST, times=1)
    body = {"code": 40, "message": "Board not found."}
    simulator.fault("status", method="GET", path="/boards/.*/pins", status=404, body=body)
    send_all(clock)
    reconcile_all(clock, seconds=3)
    assert (fresh(due_pin).status, fresh(due_pin).reason_code) == (Status.FAILED, "board_vanished")


# Twins -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [["drop_after", "drop_before"], ["drop_before", "drop_after"]])
def test_of_two_identical_pins_one_was_made(
    workspace: Workspace,
    account: PinterestAccount,
    picture: Media,
    simulator: Simulator,
    clock: Time,
    rules: list[str],
) -> None:
    twins = [due(workspace, account, picture) for _ in range(2)]
    for kind in rules:
        simulator.fault(kind, **POST, times=1)
    assert send_all(clock) == [Outcome.IN_DOUBT] * 2
    assert len(simulator.pins()) == 1
    reconcile_all(clock)
    live = {pin["id"] for pin in simulator.pins()}
    assert {fresh(pin).pinterest_id for pin in twins} == live
    assert len(live) == 2


def test_a_twin_in_flight_is_waited_for(
    workspace: Workspace, account: PinterestAccount, picture: Media, simulator: Simulator, clock: Time
) -> None:
    """One answer is lost and nothing made; meanwhile its twin is made, and its answer is still on its way."""
    lost, flying = (due(workspace, account, picture) for _ in range(2))
    first, second = dispatch.claim(now=clock())
    simulator.fault("drop_before", **POST, times=1)
    publishing.send(first.attempt, clock=clock)
    publishing.send(second.attempt, clock=clock)
    made = fresh(flying).pinterest_id
    Attempt.objects.filter(pk=second.attempt).update(state=AttemptState.SENT)
    Pin.objects.filter(pk=flying.pk).update(
        status=Status.PUBLISHING, pinterest_id="", published_at=None, due_at=clock()
    )
    reconcile_all(clock, seconds=21)  # less than its lease
    assert fresh(lost).status == Status.PUBLISHING
    attempt = Attempt.objects.select_related("pin").get(pk=second.attempt)
    outcome.succeed(attempt, LivePin(made), Evidence("", "", 201), published_at=clock(), now=clock())
    reconcile_all(clock)
    assert {fresh(lost).pinterest_id, made} == {pin["id"] for pin in simulator.pins()}
    assert len(simulator.pins()) == 2


def gradient(workspace: Workspace, *, from_left: bool) -> Media:
    """A picture that no colour tells from its mirrored twin."""
    turn = 90 if from_left else 270
    picture = Image.linear_gradient("L").rotate(turn).resize((1200, 1800)).convert("RGB")
    raw = BytesIO()
    picture.save(raw, "JPEG", quality=90)
    media = intake.accept(
        workspace, upload=factories.upload(raw.getvalue()), name="", user=None, now=timezone.now()
    )
    medias.prepare(media.pk)
    media.refresh_from_db()
    return media


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("form", ["color", "shape"])
def test_pins_with_the_same_words_are_told_apart_by_their_pictures(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time, form: str, seen: bool
) -> None:
    if form == "color":
        pictures = [factories.make_media(workspace, color=color) for color in ("#b01020", "#1020b0")]
    else:
        pictures = [gradient(workspace, from_left=from_left) for from_left in (True, False)]
    lost, made = (due(workspace, account, picture) for picture in pictures)
    simulator.config(store_images=seen)
    simulator.fault("drop_before", **POST, times=1)
    simulator.fault("drop_after", **POST, times=1)
    assert send_all(clock) == [Outcome.IN_DOUBT] * 2
    (live,) = simulator.pins()
    reconcile_all(clock, seconds=3)
    if not seen:  # the simulator shows another picture: neither is certain
        assert [fresh(pin).status for pin in (lost, made)] == [Status.NEEDS_REVIEW] * 2
        return
    assert (fresh(lost).status, fresh(made).pinterest_id) == (Status.PUBLISHING, live["id"])
    reconcile_all(clock)
    assert fresh(lost).status == Status.PUBLISHED
    assert len(simulator.pins()) == 2


def test_a_pin_without_words_is_told_by_its_picture(
    workspace: Workspace, account: PinterestAccount, picture: Media, simulator: Simulator, clock: Time
) -> None:
    pin = due(workspace, account, picture, title="", description="", link="", alt_text="")
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    by_hand(simulator, pin, clock)
    reconcile_all(clock)
    assert fresh(pin).status == Status.PUBLISHED
    assert len(simulator.pins()) == 2


def test_the_same_account_in_two_workspaces(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    """The other workspace's Pin is explained by its own row."""
    charlie = factories.make_user("charlie@example.com")
    elsewhere = factories.make_workspace(charlie, name="Elsewhere")
    account = factories.connect(elsewhere, simulator)
    twin = due(elsewhere, account, factories.make_media(elsewhere))
    simulator.fault("drop_before", **POST, times=1)
    send_all(clock)
    reconcile_all(clock)
    assert {fresh(pin).status for pin in (due_pin, twin)} == {Status.PUBLISHED}
    assert len(simulator.pins()) == 2


def test_an_answer_that_comes_while_the_board_is_compared_is_not_given_to_a_twin_elsewhere(
    due_pin: Pin, simulator: Simulator, clock: Time
) -> None:
    """Two workspaces share the account; the Pin that one has just made is not the one that the other lost."""
    elsewhere = factories.make_workspace(factories.make_user("charlie@example.com"), name="Elsewhere")
    lost = due(elsewhere, factories.connect(elsewhere, simulator), factories.make_media(elsewhere))
    first, second = dispatch.claim(now=clock())
    if first.attempt != lost.attempts.get().pk:
        first, second = second, first
    simulator.fault("drop_before", **POST, times=1)
    publishing.send(first.attempt, clock=clock)
    publishing.send(second.attempt, clock=clock)
    made = fresh(due_pin).pinterest_id
    Attempt.objects.filter(pk=second.attempt).update(state=AttemptState.SENT)
    Pin.objects.filter(pk=due_pin.pk).update(status=Status.PUBLISHING, pinterest_id="", published_at=None)
    answered = Attempt.objects.select_related("pin").get(pk=second.attempt)
    came: list[bool] = []

    def then_the_answer_comes(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        found = execute(sql, *args)
        asks_rows = '"state" IN (' in sql or sql.startswith('SELECT "pins_pin"."pinterest_id"')
        if asks_rows and not came:  # after the first of two questions
            came.append(True)
            outcome.succeed(answered, LivePin(made), Evidence("", "", 201), published_at=clock(), now=clock())
        return found

    (place,) = reconcile.due(now=clock())
    with connection.execute_wrapper(then_the_answer_comes):
        reconcile.look(place, clock=clock)
    assert came
    assert (fresh(due_pin).pinterest_id, fresh(lost).pinterest_id) == (made, "")
    reconcile_all(clock)
    assert {fresh(pin).pinterest_id for pin in (due_pin, lost)} == {pin["id"] for pin in simulator.pins()}
    assert len(simulator.pins()) == 2


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


# Races -----------------------------------------------------------------------------------------------------


def test_an_answer_that_comes_after_the_sweeper_still_counts(due_pin: Pin, clock: Time) -> None:
    attempt = lost_in_flight(clock)
    outcome.succeed(attempt, LivePin("123"), Evidence("", "", 201), published_at=clock(), now=clock())
    assert (fresh(due_pin).status, fresh(due_pin).pinterest_id) == (Status.PUBLISHED, "123")


def test_a_refusal_that_comes_after_the_sweeper_still_counts(due_pin: Pin, clock: Time) -> None:
    attempt = lost_in_flight(clock)
    assert outcome.refuse(attempt, Evidence("1", "No."), now=clock())
    assert fresh(due_pin).status == Status.FAILED


def lost_in_flight(clock: Time) -> Attempt:
    (claim,) = dispatch.claim(now=clock())
    Attempt.objects.advance(claim.attempt, AttemptState.CLAIMED, AttemptState.SENT, sent_at=clock())
    attempt = Attempt.objects.select_related("pin").get(pk=claim.attempt)
    assert outcome.lose(attempt, Evidence.of(OutcomeUnknown("Lost.")), now=clock())
    return attempt


def test_a_place_is_handed_out_once(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert len(reconcile.due(now=clock())) == 1
    assert reconcile.due(now=clock()) == []
    clock.passes(61)  # its reader was killed
    assert len(reconcile.due(now=clock())) == 1


def test_a_held_account_is_still_looked_at(due_pin: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_after", **POST, times=1)
    send_all(clock)
    assert due_pin.account is not None
    health.hold(due_pin.account, code="spam", message="Spam.", now=clock())
    assert due_pin.account.health == Health.HELD
    reconcile_all(clock, seconds=3)
    assert fresh(due_pin).status == Status.PUBLISHED
