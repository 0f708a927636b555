"""Saves of Pins that are on Pinterest: on time, once, and like the Pin that is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins.compose import drafts
from pins.models import Attempt, AttemptState, Pin, PinKind, Status
from pins.publish.once import Outcome
from pins.rules import reasons
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)

SAVE = {"method": "POST", "path": "/v5/pins/[0-9]+/save$"}
HERE, THERE = "House plants", "Slow mornings"
LONG_AGO = "2026-01-02T03:04:05Z"


@pytest.fixture
def theirs(simulator: Simulator) -> dict[str, Any]:
    words = {"title": "Linen, folded", "description": "In five ways.", "link": "https://folded.example/"}
    return of_somebody(simulator, "PUBLIC", **words)


def of_somebody(simulator: Simulator, privacy: str, **words: str) -> dict[str, Any]:
    """Somebody else's Pin."""
    username = "northlightstudio"
    pins = [{"board": "Cloth", "created_at": LONG_AGO, **words}]
    simulator.person(username, boards=[{"name": "Cloth", "privacy": privacy}], pins=pins)
    return next(pin for pin in simulator.pins() if pin["username"] == username)


def due_save(workspace: Workspace, account: PinterestAccount, parent: str, board: str = HERE) -> Pin:
    content = drafts.Content(account=account, board=account.boards.get(name=board))
    now = timezone.now()
    return queue.create(workspace, content=content, media=(), user=None, at=now, now=now, parent=parent)


@pytest.fixture
def save(workspace: Workspace, account: PinterestAccount, theirs: dict[str, Any]) -> Pin:
    """Of that, due now."""
    return due_save(workspace, account, theirs["id"])


def copies(simulator: Simulator) -> list[dict[str, Any]]:
    return [pin for pin in simulator.pins() if pin["saved"]]


def test_it_is_saved_and_says_what_the_saved_pin_says(
    save: Pin, theirs: dict[str, Any], simulator: Simulator, clock: Time
) -> None:
    assert (save.kind, save.title, save.thumbnail_url) == (PinKind.SAVE, "", "")
    assert send_all(clock) == [Outcome.DONE]
    (copy,) = copies(simulator)
    pin = fresh(save)
    assert (pin.status, pin.pinterest_id) == (Status.PUBLISHED, copy["id"])
    assert (pin.title, pin.description, pin.link) == (
        *("Linen, folded", "In five ways."),
        "https://folded.example/",
    )
    assert pin.board is not None
    assert (copy["board_id"], copy["parent_pin_id"]) == (pin.board.pinterest_id, theirs["id"])


def test_its_picture_is_shown_from_pinterest(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time, settings: Any
) -> None:
    own = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.publish_now(own, now=timezone.now())
    send_all(clock)
    published = fresh(own)
    settings.LIVE_IMAGE_ORIGIN = "/".join(published.live_image_url.split("/")[:3])
    save = due_save(workspace, account, published.pinterest_id)
    assert save.title == published.title  # known beforehand: it is one of ours
    assert save.thumbnail_url == published.live_image_url
    send_all(clock)
    assert fresh(save).status == Status.PUBLISHED
    settings.LIVE_IMAGE_ORIGIN = "https://i.pinimg.com"
    assert fresh(save).thumbnail_url == ""  # the CSP would stop it


@pytest.mark.parametrize(
    "rule", [{"kind": "drop_after"}, {"kind": "garble"}, {"kind": "status", "status": 503, "commit": True}]
)
def test_one_that_was_made_is_adopted(
    save: Pin, simulator: Simulator, clock: Time, rule: dict[str, object]
) -> None:
    simulator.control("faults", rule | SAVE | {"times": 1})
    assert send_all(clock) == [Outcome.IN_DOUBT]
    reconcile_all(clock)
    (copy,) = copies(simulator)
    pin = fresh(save)
    assert (pin.status, pin.pinterest_id, pin.title) == (Status.PUBLISHED, copy["id"], "Linen, folded")
    assert pin.attempts.get().code == "adopted"


def test_one_that_was_not_made_goes_again(save: Pin, simulator: Simulator, clock: Time) -> None:
    simulator.fault("drop_before", **SAVE, times=1)
    assert send_all(clock) == [Outcome.IN_DOUBT]
    reconcile_all(clock)
    assert fresh(save).status == Status.PUBLISHED
    assert len(copies(simulator)) == 1


def test_two_saves_of_one_pin_on_one_board_are_two(
    workspace: Workspace,
    account: PinterestAccount,
    theirs: dict[str, Any],
    save: Pin,
    simulator: Simulator,
    clock: Time,
) -> None:
    twin = due_save(workspace, account, theirs["id"])
    simulator.fault("drop_after", **SAVE, times=1)
    simulator.fault("drop_before", **SAVE, times=1)
    assert send_all(clock) == [Outcome.IN_DOUBT] * 2
    reconcile_all(clock)
    made = {pin["id"] for pin in copies(simulator)}
    assert made == {fresh(save).pinterest_id, fresh(twin).pinterest_id}
    assert len(made) == 2


def test_a_pin_of_the_same_words_is_not_taken_for_a_save(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    """Our own Pin, saved on another board where its twin is being made: each answer is lost."""
    picture = factories.make_media(workspace)
    first = factories.make_pin(workspace, account, picture=picture, board=account.boards.get(name=HERE))
    queue.publish_now(first, now=timezone.now())
    send_all(clock)
    save = due_save(workspace, account, fresh(first).pinterest_id, board=THERE)
    twin = factories.make_pin(workspace, account, picture=picture, board=account.boards.get(name=THERE))
    queue.publish_now(twin, now=timezone.now())
    simulator.fault("drop_after", method="POST", path="/v5/pins", times=2)
    assert send_all(clock) == [Outcome.IN_DOUBT] * 2
    reconcile_all(clock)
    (copy,) = copies(simulator)
    assert fresh(save).pinterest_id == copy["id"]
    assert fresh(twin).status == Status.PUBLISHED
    assert fresh(twin).pinterest_id != copy["id"]
    assert len([pin for pin in simulator.pins() if pin["username"] == "alderandoat"]) == 3


def test_a_pin_that_is_gone_can_not_be_saved(
    workspace: Workspace, account: PinterestAccount, clock: Time
) -> None:
    save = due_save(workspace, account, "123456789")
    assert send_all(clock) == [Outcome.REFUSED]
    pin = fresh(save)
    assert (pin.status, pin.reason_code, pin.reason_message) == (Status.FAILED, "50", reasons.SOURCE_GONE)


def test_a_secret_pin_of_somebody_can_not_be_saved(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, clock: Time
) -> None:
    secret = of_somebody(simulator, "SECRET")
    save = due_save(workspace, account, secret["id"])
    assert send_all(clock) == [Outcome.REFUSED]
    assert "save this Pin to the board" in fresh(save).reason_message


def test_the_history_of_a_save_is_like_any_other(save: Pin, clock: Time) -> None:
    send_all(clock)
    attempt = Attempt.objects.get(pin=save)
    assert (attempt.state, attempt.http_status) == (AttemptState.SUCCEEDED, 201)
    assert attempt.request_id
