"""The pages that change and delete live Pins: what they show, what they ask for, whom they let in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import LiveChange, LiveKind, LiveState, Pin, Status
from tests.conftest import SignIn
from tests.support import factories
from tests.support.every_page import in_a_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def pin(workspace: Workspace, offline: PinterestAccount) -> Pin:
    return factories.make_pin(
        workspace, offline, status=Status.PUBLISHED, description="One line.\nAnother.", alt_text="A vase"
    )


@pytest.fixture
def page(bob: User, client_of: SignIn) -> Client:
    return client_of(bob)


def form(pin: Pin, **changes: str) -> dict[str, str]:
    """As a browser sends it: line breaks are two characters."""
    return {
        "title": pin.title,
        "description": pin.description.replace("\n", "\r\n"),
        "alt_text": pin.alt_text,
        "link": pin.link,
        "destination": f"board-{pin.board_id}",
    } | changes


def under_way(pin: Pin, **more: Any) -> LiveChange:
    facts = {"kind": LiveKind.UPDATE, "words": {"title": "Another"}, "due_at": timezone.now()}
    return LiveChange.objects.create(pin=pin, **facts | more)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_published_pin_can_be_changed_and_deleted_by_editors_only(
    pin: Pin, bob: User, vera: User, client_of: SignIn
) -> None:
    for user, there, status in ((bob, True, 200), (vera, False, 403)):
        client = client_of(user)
        text = client.get(f"/pins/{pin.pk}/").text
        assert ("Edit on Pinterest" in text, "Delete from Pinterest" in text) == (there, there)
        for address in ("live/", "live/delete/"):
            assert client.get(f"/pins/{pin.pk}/{address}").status_code == status
    change = under_way(pin)
    for verb in ("withdraw", "retry"):
        assert client_of(vera).post(f"/pins/live/{change.pk}/{verb}/").status_code == 403


def test_only_what_was_changed_in_the_form_is_asked_for(pin: Pin, page: Client, bob: User) -> None:
    shown = page.get(f"/pins/{pin.pk}/live/")
    assert "What you change here changes there" in shown.text
    assert shown.context["words"]["title"].value() == pin.title
    answer = page.post(f"/pins/{pin.pk}/live/", form(pin, title=" Another "))
    assert (answer.status_code, answer["Location"]) == (302, f"/pins/{pin.pk}/")
    change = LiveChange.objects.get()
    assert (change.wanted, change.created_by) == ({"title": "Another"}, bob)


def test_a_form_of_a_pin_that_has_changed_since_is_looked_at_again(pin: Pin, page: Client) -> None:
    """Else the words it was filled with would undo what was changed on Pinterest."""
    seen = page.get(f"/pins/{pin.pk}/live/").context["seen"]
    Pin.objects.filter(pk=pin.pk).update(title="Changed there", updated_at=timezone.now())
    typed = form(pin, link="https://new.example/") | {"seen": seen}
    refused = page.post(f"/pins/{pin.pk}/live/", typed)
    assert refused.status_code == 422
    assert "This Pin was changed meanwhile" in refused.text
    assert "https://new.example/" in refused.text
    assert not LiveChange.objects.exists()
    again = typed | {"seen": refused.context["seen"], "title": "Changed there"}
    assert page.post(f"/pins/{pin.pk}/live/", again).status_code == 302
    assert LiveChange.objects.get().wanted == {"link": "https://new.example/"}


def test_a_form_sent_as_it_was_asks_for_nothing(pin: Pin, page: Client) -> None:
    assert said(page.post(f"/pins/{pin.pk}/live/", form(pin))) == ["Nothing was changed."]
    assert not LiveChange.objects.exists()


def test_what_pinterest_would_refuse_is_said_at_its_field(pin: Pin, page: Client) -> None:
    answer = page.post(f"/pins/{pin.pk}/live/", form(pin, title="Another", link="https://bit.ly/x"))
    assert answer.status_code == 422
    assert "shortened by bit.ly" in str(answer.context["words"].errors["link"])
    assert answer.context["words"]["title"].value() == "Another"
    assert page.post(f"/pins/{pin.pk}/live/", form(pin, destination="")).status_code == 422
    assert not LiveChange.objects.exists()


def test_the_boards_of_its_account_are_offered_and_no_others(
    pin: Pin, page: Client, workspace: Workspace, offline: PinterestAccount
) -> None:
    other = factories.make_account(workspace, username="other")
    theirs = factories.make_board(other, name="Their lamps")
    ours = factories.make_board(offline, name="Our lamps")
    text = page.get(f"/pins/{pin.pk}/live/").text
    assert ("Our lamps" in text, "Their lamps" in text) == (True, False)
    wrong = page.post(f"/pins/{pin.pk}/live/", form(pin, destination=f"board-{theirs.pk}"))
    assert wrong.status_code == 422
    page.post(f"/pins/{pin.pk}/live/", form(pin, destination=f"board-{ours.pk}"))
    assert LiveChange.objects.get().wanted == {"board": ours, "section": None}


def test_the_form_begins_with_what_waits_and_can_take_it_back(pin: Pin, page: Client) -> None:
    change = under_way(pin, words={"title": "Another", "link": "https://example.com/new"})
    assert page.get(f"/pins/{pin.pk}/live/").context["words"]["title"].value() == "Another"
    page.post(f"/pins/{pin.pk}/live/", form(pin, link="https://example.com/new"))
    change.refresh_from_db()
    assert change.words == {"title": pin.title, "link": "https://example.com/new"}


@pytest.mark.parametrize(
    "more", [{"state": LiveState.SENT}, {"kind": LiveKind.DELETE, "words": {}}], ids=["sent", "delete"]
)
def test_nothing_can_be_changed_while_pinterest_may_be_at_it(
    pin: Pin, page: Client, more: dict[str, Any]
) -> None:
    under_way(pin, **more)
    for answer in (page.get(f"/pins/{pin.pk}/live/"), page.post(f"/pins/{pin.pk}/live/", form(pin))):
        assert answer.status_code == 302
        assert said(answer)
    assert "Edit on Pinterest" not in page.get(f"/pins/{pin.pk}/").text


def test_deleting_asks_first(pin: Pin, page: Client) -> None:
    asked = page.get(f"/pins/{pin.pk}/live/delete/")
    assert "can’t be undone" in asked.text
    assert not LiveChange.objects.exists()
    assert page.post(f"/pins/{pin.pk}/live/delete/").status_code == 302
    assert LiveChange.objects.get().kind == LiveKind.DELETE
    assert "Being deleted from Pinterest" in page.get(f"/pins/{pin.pk}/").text


def test_a_draft_is_not_deleted_from_pinterest(workspace: Workspace, page: Client) -> None:
    draft = factories.make_pin(workspace)
    for address in ("live/", "live/delete/"):
        answer = page.post(f"/pins/{draft.pk}/{address}")
        assert (answer.status_code, bool(said(answer))) == (302, True)
    assert not LiveChange.objects.exists()


def test_the_page_says_what_changes_to_what_and_takes_it_back(pin: Pin, page: Client) -> None:
    change = under_way(pin, code="rate_limited", message="Pinterest asked for a pause.")
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Pinterest asked for a pause. Next try" in text
    assert text.index(f"</span>{pin.title}</del>") < text.index("</span>Another</ins>")
    page.post(f"/pins/live/{change.pk}/withdraw/")
    change.refresh_from_db()
    assert change.state == LiveState.WITHDRAWN
    assert said(page.post(f"/pins/live/{change.pk}/withdraw/"))


def test_a_refusal_can_be_tried_again_or_dismissed(pin: Pin, page: Client) -> None:
    change = under_way(pin, state=LiveState.REFUSED, code="1", message="Sorry! Not this.")
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Pinterest refused this change" in text
    assert "Sorry! Not this." in text
    assert "Try again" in text
    assert "Dismiss" in text
    page.post(f"/pins/live/{change.pk}/retry/")
    change.refresh_from_db()
    assert (change.state, change.code) == (LiveState.WAITING, "")


def test_the_page_asks_whether_anything_happened(pin: Pin, page: Client) -> None:
    change = under_way(pin)
    text = page.get(f"/pins/{pin.pk}/").text
    ask = text.partition(f'hx-get="/pins/{pin.pk}/changed/')[2].partition('"')[0].replace("&amp;", "&")
    address = f"/pins/{pin.pk}/changed/{ask}"
    assert page.get(address).status_code == 204
    LiveChange.objects.filter(pk=change.pk).update(state=LiveState.SENT)
    assert page.get(address)["HX-Refresh"] == "true"
    LiveChange.objects.filter(pk=change.pk).update(state=LiveState.DONE)
    assert page.get(address)["HX-Refresh"] == "true"
    assert "/changed/" not in page.get(f"/pins/{pin.pk}/").text
    Pin.objects.filter(pk=pin.pk).update(status=Status.DELETED)
    assert page.get(address)["HX-Refresh"] == "true"


def test_who_comes_to_a_pin_that_was_deleted_there_is_told_so(
    pin: Pin, page: Client, charlie: User, client_of: SignIn
) -> None:
    Pin.objects.filter(pk=pin.pk).update(status=Status.DELETED)
    answer = page.get(f"/pins/{pin.pk}/")
    assert (answer.status_code, answer["Location"], len(said(answer))) == (302, "/pins/", 1)
    assert client_of(charlie).get(f"/pins/{pin.pk}/").status_code == 404


def test_the_history_lists_what_was_sent(pin: Pin, page: Client) -> None:
    now = timezone.now()
    under_way(pin, state=LiveState.DONE, sent_at=now, request_id="rid-1")
    under_way(pin, state=LiveState.WITHDRAWN, request_id="rid-2")
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Change on Pinterest: done" in in_a_line(text)
    assert ("rid-1" in text, "rid-2" in text) == (True, False)


def test_a_change_waits_for_its_account_and_says_so(pin: Pin, page: Client) -> None:
    under_way(pin)
    PinterestAccount.objects.update(health="held", health_message="Pinterest says spam.")
    text = page.get(f"/pins/{pin.pk}/").text
    assert "It waits for its account. @alderandoat: Pinterest says spam." in in_a_line(text)
    assert "/changed/" not in text


@pytest.mark.parametrize("first", ["pins_livechange", "pins_pin"])
def test_a_page_that_is_read_while_the_change_is_done_is_never_left_with_the_old_words(
    pin: Pin, page: Client, first: str
) -> None:
    """Between any two of its queries: it says the new words, or asks again by itself."""
    change = under_way(pin)
    left = [first]

    def then_it_is_done(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if left and f'FROM "{left[0]}"' in sql:
            left.clear()
            LiveChange.objects.advance(change.pk, LiveState.WAITING, LiveState.DONE, sent_at=timezone.now())
            Pin.objects.filter(pk=pin.pk).update(title="Another")
        return answer

    with connection.execute_wrapper(then_it_is_done):
        text = page.get(f"/pins/{pin.pk}/").text
    assert not left
    assert '<h1 class="page-title break-words">Another' in text or f"/pins/{pin.pk}/changed/" in text


def test_a_change_of_which_nobody_knows_is_not_called_refused(pin: Pin, page: Client) -> None:
    now = timezone.now()
    under_way(
        pin, state=LiveState.REFUSED, code="unreadable", message="Look there.", sent_at=now, settled_at=now
    )
    text = page.get(f"/pins/{pin.pk}/").text
    assert "Was this Pin changed on Pinterest?" in text
    assert "Change on Pinterest: not known" in in_a_line(text)
    assert "refused" not in text
    assert "Try again" in text
    assert "Dismiss" in text
