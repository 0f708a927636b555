"""A Pin in the queue, changed so that Pinterest would refuse it: said at the field, nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Pin, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(workspace: Workspace, offline: PinterestAccount) -> Pin:
    return factories.make_pin(
        workspace,
        offline,
        status=Status.SCHEDULED,
        publish_at=timezone.now() + timedelta(days=2),
        picture=factories.make_media(workspace),
        title="Autumn tables",
    )


def sent(pin: Pin, **changes: object) -> dict[str, object]:
    assert pin.publish_at is not None
    assert pin.cover is not None
    local = pin.publish_at.astimezone(pin.workspace.zone)
    return {
        "batch": str(pin.pk),
        "media": [pin.cover.pk],
        "title": "Autumn tables, now of oak",
        "description": "As typed.",
        "alt_text": "A table",
        "link": "https://alderandoat.example/tables",
        "destination": f"board-{pin.board_id}",
        "choice": "at",
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
    } | changes


BAD: Final[dict[str, tuple[dict[str, object], str]]] = {
    "no board": ({"destination": ""}, "Choose a board"),
    "no picture": ({"media": []}, "image"),
    "a title that is too long": ({"title": "x" * 101}, "Shorten the title"),
    "no board, no picture, a bad link": (
        {"destination": "", "media": [], "link": "javascript:alert(1)"},
        "not a complete web address",
    ),
}


@pytest.mark.parametrize("choice", ["at", "now"])
@pytest.mark.parametrize("name", BAD)
def test_what_would_be_refused_is_said_and_all_that_was_typed_stands_there(
    name: str, choice: str, queued: Pin, alice: User, client_of: SignIn
) -> None:
    changes, words = BAD[name]
    before = Pin.objects.filter(pk=queued.pk).values().get()
    answer = client_of(alice).post(reverse("pins:compose"), sent(queued, choice=choice) | changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert "As typed." in answer.text
    assert f'value="{changes.get("link", "https://alderandoat.example/tables")}"' in answer.text
    assert Pin.objects.filter(pk=queued.pk).values().get() == before
    assert queued.media_links.count() == 1


@pytest.mark.parametrize("name", ["no board", "no picture"])
def test_as_a_draft_it_may_say_less_and_leaves_the_queue(
    name: str, queued: Pin, alice: User, client_of: SignIn
) -> None:
    changes, _ = BAD[name]
    answer = client_of(alice).post(reverse("pins:compose"), sent(queued, choice="draft") | changes)
    assert answer.status_code == 302
    kept = Pin.objects.with_parts().get(pk=queued.pk)
    assert (kept.status, kept.publish_at, kept.title) == (Status.DRAFT, None, "Autumn tables, now of oak")
    assert (kept.board is None) == (name == "no board")
    assert (kept.cover is None) == (name == "no picture")


def test_words_that_no_draft_may_have_leave_it_in_the_queue(
    queued: Pin, alice: User, client_of: SignIn
) -> None:
    typed = sent(queued, choice="draft", destination="", title="x" * 101)
    answer = client_of(alice).post(reverse("pins:compose"), typed)
    assert answer.status_code == 422
    assert "Shorten the title" in answer.text
    queued.refresh_from_db()
    assert (queued.status, queued.title) == (Status.SCHEDULED, "Autumn tables")


@pytest.mark.parametrize("choice", ["at", "draft"])
def test_a_save_in_the_queue_without_a_board(
    choice: str, workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    at = timezone.now() + timedelta(days=2)
    save = factories.make_pin(
        workspace, offline, status=Status.SCHEDULED, publish_at=at, parent_pinterest_id="12345"
    )
    local = at.astimezone(workspace.zone)
    typed = {"destination": "", "choice": choice, "date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
    answer = client_of(alice).post(reverse("pins:edit_save", args=[save.pk]), typed)
    save.refresh_from_db()
    if choice == "at":
        assert answer.status_code == 422
        assert "Choose a board" in answer.text
        assert (save.status, save.board) == (Status.SCHEDULED, offline.boards.get())
    else:
        assert answer.status_code == 302
        assert (save.status, save.board) == (Status.DRAFT, None)
