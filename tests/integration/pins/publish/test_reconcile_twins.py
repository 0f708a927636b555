"""What becomes of Pins whose answer was lost while others are like them: each find explains one of them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from accounts.models import PinterestAccount, Workspace
from accounts.pinterest.types import Pin as LivePin
from pins.media import intake
from pins.media import preparing as medias
from pins.models import Attempt, AttemptState, Media, Pin, Status
from pins.publish import dispatch, outcome, reconcile
from pins.publish.evidence import Evidence
from pins.publish.once import Outcome
from tests.conftest import Time
from tests.integration.pins.publish.due_pins import POST, by_hand, due
from tests.support import factories, publishing
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)


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
