"""Searching Pins by the words that people type, on either database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import PinterestAccount, User, Workspace
from pins.migrations import _search
from pins.models import Pin
from tests.conftest import SignIn
from tests.integration.api.conftest import Caller
from tests.support import factories

pytestmark = pytest.mark.django_db

LAMP: dict[str, Any] = {
    "title": "Brass lamp, “Édouard” (1920s)",
    "description": "Warm light for late-night reading. 100% hand-made 🌿",
    "link": "https://alderandoat.example/lamps/brass_lamp-3d?color=amber",
    "alt_text": "A lamp beside 白い花瓶 on oak",
}
OTHERS: dict[str, Any] = {
    "title": "Croissants",
    "description": "Butter",
    "link": "https://bakery.example/",
    "alt_text": "はな in a bowl",
}


@pytest.fixture
def lamp(workspace: Workspace, offline: PinterestAccount) -> Pin:
    factories.make_pin(workspace, offline, **OTHERS)
    return factories.make_pin(workspace, offline, **LAMP)


@pytest.mark.parametrize(
    "typed",
    [
        "brass",
        "BRASS",
        "bra",
        "lamp brass",  # in any order, in any field
        "brass oak",
        "édouard",
        "edouard",
        "“Édouard”",
        "1920",
        "late-night",
        "night",
        "hand made",
        "alderandoat",
        "alderandoat.example",
        "https://alderandoat.example/lamps/brass_lamp-3d?color=amber",
        "lamps/brass",
        "3d",
        "color=amber",
        "白い花瓶",
        "花瓶",
        "花",
        "花瓶 brass",
        "🌿",
        "🌿 brass",
        "%",
        "100%",
        "l",
        "*lamp*",
        '"brass lamp"',
        "brass & lamp",
        "brass | lamp",
        "brass, - lamp",
        "brass:* !lamp",
        "'brass'",
        "\\brass\\",
        "  brass \t lamp\n",
        "\u200bbrass\u200b",
    ],
)
def test_a_pin_is_found_by_what_people_type_of_it(typed: str, lamp: Pin, workspace: Workspace) -> None:
    assert list(Pin.objects.of(workspace).search(typed)) == [lamp]


@pytest.mark.parametrize(
    "typed",
    [
        "brass croissants",  # each word must be there
        "rass",
        "zzz",
        "花粉",
        "🍞",
        "🍞 brass",
        "^",
        "_^",
        "NEAR(brass lamp)",
        "title:brass zzz",
        "NOT croissants",
        "x" * 5000,
        "花" * 5000,
        "' || 7=7 --",
        "ƒ∂ß",
        "\ud83c brass zzz".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    ],
)
def test_what_no_pin_says_finds_none(typed: str, lamp: Pin, workspace: Workspace) -> None:
    assert not list(Pin.objects.of(workspace).search(typed))


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "\x00"])
def test_nothing_typed_is_no_condition(typed: str, lamp: Pin, workspace: Workspace) -> None:
    assert Pin.objects.of(workspace).search(typed).count() == 2


def test_a_sign_alone_is_looked_for_as_it_stands(lamp: Pin, workspace: Workspace) -> None:
    assert list(Pin.objects.of(workspace).search("(")) == [lamp]
    assert not Pin.objects.of(workspace).search("*").exists()


def test_changed_words_are_found_and_old_ones_not(lamp: Pin, workspace: Workspace) -> None:
    Pin.objects.filter(pk=lamp.pk).update(title="Copper kettle")
    found = Pin.objects.of(workspace).search
    assert list(found("copper")) == [lamp]
    assert not found("edouard").exists()
    Pin.objects.bulk_create([Pin(workspace=workspace, title="Copper pan")])
    assert found("copper").count() == 2
    lamp.delete()
    assert found("copper").count() == 1


def test_the_queue_and_the_api_search_alike(
    lamp: Pin, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    client, api = client_of(alice), Caller(alice, workspace)
    for typed in ("BRASS", "花瓶", "🌿", "late-night", "100%", "'", '"', "*", "l", "\\", "zzz", "()"):
        page = client.get("/pins/", {"q": typed})
        answer = api.client.get(
            "/api/v1/pins", {"q": typed}, headers={"authorization": f"Bearer {api.plain}"}
        )
        assert (page.status_code, answer.status_code) == (200, 200), typed
        shown = {f"pin_{pin.pk}" for pin in page.context["page"]}
        assert shown == {one["id"] for one in answer.json()["items"]}, typed


def test_another_workspace_is_not_searched(lamp: Pin, charlie: User) -> None:
    elsewhere = charlie.workspaces.get()
    assert not Pin.objects.of(elsewhere).search("brass").exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_there_before_is_found_too(workspace: Workspace) -> None:
    with connection.schema_editor() as editor:
        _search.remove(None, editor)
    Pin.objects.create(workspace=workspace, title="An old brass lamp")
    with connection.schema_editor() as editor:
        _search.install(None, editor)
    assert Pin.objects.search("brass").count() == 1


class AnyWords(TestCase):
    """Whatever is written, each of its words finds it, and none breaks the search."""

    def setUp(self) -> None:
        self.workspace = factories.make_workspace(factories.make_user("any@example.com"))

    @given(title=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
    def test_each_word_of_a_title_finds_it(self, title: str) -> None:
        pin = Pin.objects.create(workspace=self.workspace, title=title)
        for word in title.split():
            list(Pin.objects.search(word))
            if word.isalnum():
                assert pin in Pin.objects.search(word)
