"""What a Pin's page says and offers, state by state, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import PinterestAccount, Role, Workspace
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from pins.rules.preflight import Problem
from pins.templatetags.trouble import trouble
from pins.views import change_state, pin_state
from pins.views.page_parts import Action
from pins.views.pin_state import Known, PinState
from tests.support import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
AGO, AHEAD = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
NO_BOARD = Problem("board", "missing", "Choose a board.")


NOTHING = Known()


def state(pin: Pin, known: Known = NOTHING, role: str = Role.EDITOR) -> PinState:
    return pin_state.of(pin, known, role=role, now=NOW)


def words(actions: tuple[Action, ...]) -> list[str]:
    return [action.words for action in actions]


@pytest.mark.parametrize(
    ("status", "row", "known", "heading", "at"),
    [
        (Status.DRAFT, {}, {}, "Draft", None),
        (Status.SCHEDULED, {"publish_at": AHEAD}, {}, "Goes out", AHEAD),
        (Status.SCHEDULED, {"publish_at": AGO}, {"stalled_since": AGO}, "Was due", AGO),
        (Status.SCHEDULED, {"publish_at": AGO, "due_at": None}, {}, "Waits until you say when", None),
        (Status.SCHEDULED, {"publish_at": AGO, "due_at": AHEAD}, {}, "Next try", AHEAD),
        (
            Status.SCHEDULED,
            {"publish_at": AGO, "due_at": AHEAD, "reason_code": "after_outage"},
            {},
            "Goes out",
            AHEAD,
        ),
        (Status.PUBLISHING, {}, {}, "Publishing", None),
        (Status.PUBLISHING, {}, {"looks_at": AHEAD}, "Looking whether it is on Pinterest", None),
        (Status.PUBLISHED, {"published_at": AGO}, {}, "Published", AGO),
        (Status.FAILED, {}, {}, "It was not published", None),
        (Status.NEEDS_REVIEW, {}, {}, "Nobody knows whether it was published", None),
    ],
)
def test_the_heading_says_where_it_stands(
    workspace: Workspace,
    offline: PinterestAccount,
    status: Status,
    row: Mapping[str, Any],
    known: Mapping[str, Any],
    heading: str,
    at: datetime | None,
) -> None:
    found = state(factories.make_pin(workspace, offline, status=status, **row), Known(**known)).heading
    assert (found.words, found.at) == (heading, at)


@pytest.mark.parametrize(
    ("status", "row", "first", "schedule", "rest"),
    [
        (Status.DRAFT, {}, [], "Schedule", ["Publish now", "Delete"]),
        (Status.SCHEDULED, {}, [], "Move", ["Publish now", "Take out of the queue", "Delete"]),
        (Status.SCHEDULED, {"due_at": None}, ["Publish now"], "Move", ["Take out of the queue", "Delete"]),
        (Status.FAILED, {}, ["Change it", "Retry now"], "Schedule", ["Delete"]),
        (Status.PUBLISHING, {}, [], None, []),
        (Status.PUBLISHED, {}, [], None, []),
        (Status.NEEDS_REVIEW, {}, [], None, []),
    ],
)
def test_each_state_offers_its_next_steps_and_a_viewer_none(
    workspace: Workspace,
    offline: PinterestAccount,
    status: Status,
    row: Mapping[str, Any],
    first: list[str],
    schedule: str | None,
    rest: list[str],
) -> None:
    pin = factories.make_pin(workspace, offline, status=status, **row)
    found = state(pin)
    assert words(found.first) == first
    assert (found.schedule.words if found.schedule else None) == schedule
    assert words(found.rest) == rest
    viewed = state(pin, role=Role.VIEWER)
    assert (viewed.there, viewed.first, viewed.schedule, viewed.rest) == ((), (), None, ())


@pytest.mark.parametrize(
    ("status", "mend"), [(Status.DRAFT, "Complete it"), (Status.SCHEDULED, "Put it right")]
)
def test_what_is_incomplete_is_mended_before_it_gets_a_time(
    workspace: Workspace, offline: PinterestAccount, status: Status, mend: str
) -> None:
    found = state(factories.make_pin(workspace, offline, status=status), Known(problems=[NO_BOARD]))
    assert found.mend is not None
    assert found.mend.words == mend
    assert (found.first, found.schedule) == ((), None)
    assert "Publish now" not in words(found.rest)


def test_a_reason_is_said_once(workspace: Workspace, offline: PinterestAccount) -> None:
    pin = factories.make_pin(workspace, offline, status=Status.FAILED, reason_message=NO_BOARD.message)
    assert [note.said.words for note in state(pin).notes if note.said] == ["Choose a board."]
    assert state(pin, Known(problems=[NO_BOARD])).notes == ()


@pytest.mark.parametrize(
    ("role", "kind"), [(Role.OWNER, "reconnect"), (Role.ADMIN, "reconnect"), (Role.EDITOR, "ask")]
)
def test_who_may_connect_gets_the_cure_and_others_hear_whom_to_ask(
    workspace: Workspace, offline: PinterestAccount, role: Role, kind: str
) -> None:
    pin = factories.make_pin(
        workspace, offline, status=Status.FAILED, reason_code="lost_key", reason_message="Can’t be read."
    )
    assert [note.kind for note in state(pin, role=role).notes] == [kind]


def test_a_pin_that_waits_for_its_account_tells_the_accounts_trouble(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    PinterestAccount.objects.update(health="held")
    pin = factories.make_pin(workspace, offline, status=Status.SCHEDULED, publish_at=AGO)
    found = state(pin)
    assert found.heading.words == "Waits for @alderandoat"
    assert [note.kind for note in found.notes] == ["trouble", "aside"]
    assert "Publish now" not in words(found.rest)
    in_a_list = trouble(pin)
    assert in_a_list is not None
    assert in_a_list.words == "Waits: @alderandoat publishes nothing now."


def test_a_pin_that_is_gone_from_pinterest_can_only_be_deleted(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    pin = factories.make_pin(workspace, offline, status=Status.PUBLISHED)
    assert words(state(pin).there) == ["Edit on Pinterest", "Save to another board", "Delete from Pinterest"]
    pin = factories.make_pin(workspace, offline, status=Status.PUBLISHED, vanished_at=AGO)
    (note,) = state(pin).notes
    assert note.said is not None
    assert note.said.rest.endswith("delete it.")
    assert words(state(pin).there) == ["Delete"]
    (note,) = state(pin, role=Role.VIEWER).notes
    assert note.said is not None
    assert note.said.rest.endswith("kept here.")


@pytest.mark.parametrize(
    ("status", "due_at", "asks"),
    [
        (Status.PUBLISHING, NOW, True),
        (Status.SCHEDULED, NOW + timedelta(minutes=1), True),
        (Status.SCHEDULED, NOW + timedelta(minutes=3), False),
        (Status.SCHEDULED, None, False),
        (Status.DRAFT, None, False),
    ],
)
def test_the_page_asks_again_while_something_is_about_to_happen(
    workspace: Workspace, offline: PinterestAccount, status: Status, due_at: datetime | None, asks: bool
) -> None:
    pin = factories.make_pin(workspace, offline, status=status, due_at=due_at)
    address = f"/pins/{pin.pk}/changed/?was={status}&why=&change="
    assert state(pin).changed_url == (address if asks else "")


# In a list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "row", "said"),
    [
        (Status.DRAFT, {}, None),
        (Status.SCHEDULED, {}, None),
        (Status.SCHEDULED, {"due_at": None}, "Publish it now, or pick a time."),
        (Status.SCHEDULED, {"publish_at": AGO, "due_at": AHEAD}, "Next try"),
        (
            Status.SCHEDULED,
            {"publish_at": AGO, "due_at": AHEAD, "reason_code": "after_outage"},
            "After an outage: goes out",
        ),
        (Status.PUBLISHING, {}, None),
        (Status.PUBLISHING, {"reason_code": "lost"}, "No answer: looking whether it is out."),
        (Status.PUBLISHED, {}, None),
        (Status.PUBLISHED, {"vanished_at": AGO}, "No longer on Pinterest."),
        (Status.FAILED, {"reason_message": "No good link."}, "No good link."),
        (Status.FAILED, {}, "Pinterest refused it."),
        (Status.NEEDS_REVIEW, {}, "Is it on Pinterest? Look and say."),
        (Status.NEEDS_REVIEW, {"reason_code": "doubt"}, "Is it on Pinterest? Compare and say."),
    ],
)
def test_a_list_says_in_a_line_why_a_pin_is_not_out(
    workspace: Workspace,
    offline: PinterestAccount,
    status: Status,
    row: Mapping[str, Any],
    said: str | None,
) -> None:
    found = trouble(factories.make_pin(workspace, offline, status=status, **row))
    assert (found and found.words) == said


# A change on Pinterest -------------------------------------------------------------------------------

UPDATE, DELETE = LiveKind.UPDATE, LiveKind.DELETE
BACK = ["Edit on Pinterest", "Take it back", "Delete from Pinterest"]
DISMISS = ["Try again", "Edit on Pinterest", "Dismiss", "Delete from Pinterest"]


@pytest.mark.parametrize(
    ("kind", "row", "heading", "actions"),
    [
        (UPDATE, {}, "Being changed on Pinterest …", BACK),
        (UPDATE, {"code": "quota"}, "To be changed on Pinterest", BACK),
        (UPDATE, {"state": LiveState.SENT}, "Being changed on Pinterest …", []),
        (UPDATE, {"state": LiveState.SENT, "code": "lost"}, "Checking what became of the change", []),
        (UPDATE, {"state": LiveState.REFUSED, "code": "1"}, "Pinterest refused this change", DISMISS),
        (
            UPDATE,
            {"state": LiveState.REFUSED, "code": "unreadable"},
            "Was this Pin changed on Pinterest?",
            DISMISS,
        ),
        (DELETE, {}, "Being deleted from Pinterest …", ["Take it back"]),
        (DELETE, {"code": "quota"}, "To be deleted from Pinterest", ["Take it back"]),
        (DELETE, {"state": LiveState.SENT, "code": "lost"}, "Checking what became of the deletion", []),
        (
            DELETE,
            {"state": LiveState.REFUSED, "code": "1"},
            "Pinterest refused to delete this Pin",
            ["Try again", "Dismiss"],
        ),
        (
            DELETE,
            {"state": LiveState.REFUSED, "code": "unreadable"},
            "Was this Pin deleted from Pinterest?",
            ["Try again", "Dismiss"],
        ),
    ],
)
def test_a_change_says_how_it_stands_and_what_can_be_done(
    workspace: Workspace,
    offline: PinterestAccount,
    kind: LiveKind,
    row: Mapping[str, Any],
    heading: str,
    actions: list[str],
) -> None:
    pin = factories.make_pin(workspace, offline, status=Status.PUBLISHED)
    new = {} if kind == DELETE else {"title": "Another"}
    change = LiveChange.objects.create(pin=pin, kind=kind, words=new, due_at=NOW, **row)
    found = change_state.of(change, role=Role.EDITOR)
    assert (found.heading, words(found.actions)) == (heading, actions)
    assert [line.new for line in found.differences] == list(new.values())
    assert found.keeps_numbers == (kind == DELETE and change.is_under_way)
    assert change_state.of(change, role=Role.VIEWER).actions == ()


def test_a_change_that_waits_for_its_account_says_that_alone(
    workspace: Workspace, offline: PinterestAccount
) -> None:
    pin = factories.make_pin(workspace, offline, status=Status.PUBLISHED)
    facts = {"words": {"title": "Another"}, "code": "quota", "message": "Too many."}
    change = LiveChange.objects.create(pin=pin, kind=UPDATE, due_at=AHEAD, **facts)
    said = change_state.of(change, role=Role.EDITOR).said
    assert said is not None
    assert (said.words, said.at) == ("Too many. Next try:", AHEAD)
    PinterestAccount.objects.update(health="held")
    change = LiveChange.objects.get()
    found = change_state.of(change, role=Role.EDITOR)
    assert (found.waits_for, found.said) == (offline, None)
