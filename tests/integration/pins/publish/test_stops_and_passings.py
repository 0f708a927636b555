"""Words of Pinterest's that concern the whole account, or that pass, said with a status that sounds final."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts import renewal
from accounts.models import Health, PinterestAccount, Workspace
from accounts.pinterest.errors import Unavailable
from pins.models import Attempt, AttemptState, LiveChange, Notification, NotificationKind, Pin, Status
from pins.notifications import notify
from pins.publish.evidence import WIDTHS, Evidence
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import Time
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.ticks import fresh, reconcile_all, send_all

pytestmark = pytest.mark.django_db(transaction=True)

POST = {"method": "POST", "path": "/v5/pins$"}
SPAM = {
    "code": 9,
    "message": "Sorry! You've hit a block (Pins) we have in place to combat spam. Please try again later!",
}
PASSES = {"code": 2787, "message": "Sorry! Something went wrong on our end."}


@pytest.fixture
def due_pins(workspace: Workspace, account: PinterestAccount) -> list[Pin]:
    picture = factories.make_media(workspace)
    pins = [
        factories.make_pin(workspace, account, picture=picture, title=f"Vase {number}") for number in range(5)
    ]
    for pin in pins:
        queue.publish_now(pin, now=timezone.now())
    return pins


def posts(simulator: Simulator, since: int) -> int:
    return sum(call["method"] == "POST" and call["path"] == "/v5/pins" for call in simulator.calls(since))


@pytest.mark.parametrize("status", [400, 403, 429])
@pytest.mark.parametrize(
    ("body", "code"), [(SPAM, "spam"), ({"code": 3, "message": "Your account is suspended."}, "suspended")]
)
def test_of_five_due_pins_one_finds_out_that_the_account_is_stopped(
    due_pins: list[Pin],
    simulator: Simulator,
    account: PinterestAccount,
    status: int,
    body: dict[str, object],
    code: str,
) -> None:
    simulator.fault("status", **POST, status=status, body=body)
    since = simulator.mark()
    send_all()
    assert posts(simulator, since) == 1
    account.refresh_from_db()
    assert (account.health, account.health_code) == (Health.HELD, code)
    assert {fresh(pin).status for pin in due_pins} == {Status.SCHEDULED}
    notify.tell(now=timezone.now())
    notify.tell(now=timezone.now())
    assert [told.kind for told in Notification.objects.all()] == [NotificationKind.HELD]


def test_a_blocked_link_fails_its_pin_alone(due_pins: list[Pin], simulator: Simulator) -> None:
    body = {"code": 9, "message": "Sorry! We blocked this link because it may lead to spam."}
    simulator.fault("status", **POST, times=1, status=429, body=body)
    found = send_all()
    assert (found.count(Outcome.REFUSED), found.count(Outcome.DONE)) == (1, 4)
    failed = Pin.objects.get(status=Status.FAILED)
    assert failed.reason_message.startswith("Pinterest refused the link")


@pytest.mark.parametrize("commit", [False, True])
def test_a_gateways_no_fails_no_pin_and_sends_none_twice(
    due_pins: list[Pin], simulator: Simulator, clock: Time, commit: bool
) -> None:
    page = "<html><head><title>403 Forbidden</title></head><body><hr>nginx</body></html>"
    simulator.fault("status", **POST, times=3, status=403, body=page, commit=commit)
    assert send_all(clock).count(Outcome.IN_DOUBT) == 3
    reconcile_all(clock)
    assert {fresh(pin).status for pin in due_pins} == {Status.PUBLISHED}
    assert len(simulator.pins()) == 5


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_gateways_no_ends_no_permission(
    account: PinterestAccount, simulator: Simulator, status: int
) -> None:
    simulator.fault(
        "status", method="POST", path="/v5/oauth/token$", times=1, status=status, body="Forbidden"
    )
    with pytest.raises(Unavailable):
        renewal.renew(account, seen_version=account.token_version)
    account.refresh_from_db()
    assert account.health == Health.ACTIVE


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("status", [400, 403])
def test_what_went_wrong_at_pinterests_end_is_looked_for_and_then_sent_again(
    due_pins: list[Pin], simulator: Simulator, clock: Time, status: int, commit: bool
) -> None:
    simulator.fault("status", **POST, times=1, status=status, body=PASSES, commit=commit)
    since = simulator.mark()
    assert send_all(clock).count(Outcome.IN_DOUBT) == 1
    reconcile_all(clock)
    assert {fresh(pin).status for pin in due_pins} == {Status.PUBLISHED}
    assert len(simulator.pins()) == 5
    assert posts(simulator, since) == (5 if commit else 6)


def test_what_goes_wrong_each_time_is_tried_less_and_less_often(
    due_pins: list[Pin], simulator: Simulator, clock: Time
) -> None:
    Pin.objects.exclude(pk=due_pins[0].pk).delete()
    simulator.fault("status", **POST, status=403, body=PASSES)
    since = simulator.mark()
    reconcile_all(clock, seconds=3600)
    assert 5 <= posts(simulator, since) <= 20  # at an even pace it would be some seventy
    simulator.no_faults()
    pin = fresh(due_pins[0])
    queue.publish_now(pin, now=clock())
    reconcile_all(clock, seconds=12)
    assert fresh(due_pins[0]).status == Status.PUBLISHED


@pytest.mark.parametrize("rid", ["9" * 5000, "\x00id", "\xff\xfe"])
@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [
        (400, Outcome.REFUSED, AttemptState.REFUSED),
        (429, Outcome.PUT_OFF, AttemptState.DEFERRED),
        (500, Outcome.IN_DOUBT, AttemptState.UNKNOWN),
    ],
)
def test_whatever_a_request_id_looks_like_the_outcome_is_written_down(
    due_pins: list[Pin], simulator: Simulator, status: int, outcome: Outcome, state: AttemptState, rid: str
) -> None:
    Pin.objects.exclude(pk=due_pins[0].pk).delete()
    simulator.fault("status", **POST, times=1, status=status, headers={"x-pinterest-rid": rid})
    assert send_all() == [outcome]
    kept = due_pins[0].attempts.get()
    assert kept.state == state
    assert len(kept.request_id) <= 100


def test_evidence_is_cut_to_the_columns_of_attempts_and_of_changes() -> None:
    for model in (Attempt, LiveChange):
        columns = {field.name: field for field in model._meta.fields}
        assert {name: columns[name].max_length for name in WIDTHS} == WIDTHS
    kept = Evidence("c" * 99, "m" * 2000, 400, "r" * 300).columns()
    assert {name: len(kept[name]) for name in WIDTHS} == WIDTHS
