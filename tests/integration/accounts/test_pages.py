"""The pages about accounts and boards: what they show, whom they let in."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import connect, health, tasks
from accounts.models import Board, BoardSection, Health, PinterestAccount, Role, User, Workspace
from accounts.pinterest import oauth
from tests.conftest import SignIn
from tests.support import factories
from tests.support.reading import body, text
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks.sync_boards, "delay_on_commit", found.append)
    return found


@pytest.fixture
def offline(workspace: Workspace) -> PinterestAccount:
    """An account of which no page needs to call Pinterest."""
    account = factories.make_account(
        workspace, username="alderandoat", name="Alder & Oat", scopes=" ".join(oauth.SCOPES)
    )
    board = factories.make_board(account, name="Desks", pin_count=1234)
    BoardSection.objects.create(board=board, pinterest_id="1", name="Oak")
    return account


PAGES = [
    "/accounts/",
    "/accounts/{pk}/",
    "/settings/",
    "/settings/tokens/",
    "/profile/",
]
ACTIONS = [
    ("post", "/accounts/{pk}/sync/", Role.EDITOR),
    ("get", "/accounts/{pk}/boards/new/", Role.EDITOR),
    ("post", "/accounts/{pk}/boards/new/", Role.EDITOR),
    ("get", "/accounts/{pk}/boards/{board}/sections/new/", Role.EDITOR),
    ("get", "/accounts/connect/", Role.ADMIN),
    ("post", "/accounts/connect/", Role.ADMIN),
    ("get", "/accounts/{pk}/disconnect/", Role.ADMIN),
    ("post", "/accounts/{pk}/release/", Role.ADMIN),
    ("post", "/settings/", Role.ADMIN),
    ("post", "/settings/time-zone/", Role.ADMIN),
]


def filled(path: str, account: PinterestAccount) -> str:
    return path.format(pk=account.pk, board=account.boards.values_list("pk", flat=True)[0])


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_sees_every_page(
    path: str, offline: PinterestAccount, vera: User, client_of: SignIn
) -> None:
    assert client_of(vera).get(filled(path, offline)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_does_without_signing_in(path: str, offline: PinterestAccount) -> None:
    answer = Client().get(filled(path, offline))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/")


@pytest.mark.parametrize(("method", "path", "needed"), ACTIONS)
@pytest.mark.parametrize("role", list(Role))
def test_each_action_asks_for_its_role(
    method: str,
    path: str,
    needed: Role,
    role: Role,
    offline: PinterestAccount,
    workspace: Workspace,
    client_of: SignIn,
) -> None:
    person = factories.make_member(workspace, "someone@example.com", role)

    answer = getattr(client_of(person), method)(filled(path, offline))

    assert (answer.status_code == 403) is not role.may(needed)
    if answer.status_code == 403:
        assert "Your role does not allow this" in body(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/accounts/{pk}/"),
        ("get", "/accounts/{pk}/boards/"),
        ("get", "/accounts/{pk}/pins/"),
        ("post", "/accounts/{pk}/sync/"),
        ("get", "/accounts/{pk}/boards/new/"),
        ("post", "/accounts/{pk}/boards/new/"),
        ("post", "/accounts/{pk}/boards/{board}/sections/new/"),
        ("post", "/accounts/{pk}/disconnect/"),
        ("post", "/accounts/{pk}/release/"),
    ],
)
def test_charlie_finds_nothing(
    method: str, path: str, offline: PinterestAccount, charlie: User, client_of: SignIn
) -> None:
    answer = getattr(client_of(charlie), method)(filled(path, offline), {"confirmed": "1", "name": "x"})

    assert answer.status_code == 404
    offline.refresh_from_db()
    assert offline.is_active


def test_charlies_own_account_does_not_open_our_board(
    offline: PinterestAccount, charlie: User, client_of: SignIn
) -> None:
    his = factories.make_account(Workspace.objects.of(charlie).get(), username="his")
    board = offline.boards.get()
    assert client_of(charlie).get(f"/accounts/{his.pk}/boards/{board.pk}/sections/new/").status_code == 404


def test_the_list_tells_how_each_account_stands(
    offline: PinterestAccount, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    held = factories.make_account(workspace, username="held")
    health.hold(held, code="spam", message="Taken for spam.", now=timezone.now())
    dead = factories.make_account(workspace, username="dead")
    health.needs_reconnect(dead, now=timezone.now())
    gone = factories.make_account(workspace, username="gone")
    connect.disconnect(gone, now=timezone.now())

    page = text(client_of(alice).get("/accounts/"))

    for words in ("Connected", "On hold", "Needs reconnecting", "Disconnected", "Taken for spam.", "1 board"):
        assert words in page


def test_no_token_is_ever_on_a_page(offline: PinterestAccount, alice: User, client_of: SignIn) -> None:
    browser = client_of(alice)
    for path in PAGES:
        assert "pina_" not in body(browser.get(filled(path, offline)))


def test_an_empty_list_leads_to_connecting(workspace: Workspace, alice: User, client_of: SignIn) -> None:
    page = body(client_of(alice).get("/accounts/"))
    assert "No Pinterest account yet." in page
    assert 'href="/accounts/connect/"' in page


@pytest.mark.parametrize(
    ("url", "simulated", "words"),
    [
        (
            "https://api.pinterest.com/v5",
            False,
            ("403, code 29", "Trial access", "api-sandbox.pinterest.com"),
        ),
        ("https://api-sandbox.pinterest.com/v5", False, ("API Sandbox", "Standard access")),
        ("http://127.0.0.1:9/v5", True, ("simulator", "Nothing you do here reaches Pinterest")),
    ],
)
def test_the_connect_page_knows_where_it_leads(
    alice: User,
    workspace: Workspace,
    client_of: SignIn,
    settings: Any,
    url: str,
    simulated: bool,
    words: tuple[str, ...],
) -> None:
    settings.PINTEREST_API_URL, settings.SIMULATOR = url, simulated
    settings.ROOT_URLCONF = "tests.integration.accounts.simulator_urls"
    page = body(client_of(alice).get("/accounts/connect/"))
    for word in words:
        assert word in page
    assert "http://localhost:8000/accounts/pinterest/callback/" in page


def test_boards_are_shown_with_their_sections(
    offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    page = text(client_of(alice).get(f"/accounts/{offline.pk}/"))
    assert "Desks" in page
    assert "1,234 Pins · Oak" in page


def test_boards_can_be_searched(offline: PinterestAccount, alice: User, client_of: SignIn) -> None:
    factories.make_board(offline, name="Lamps")
    page = text(client_of(alice).get(f"/accounts/{offline.pk}/?q=lam"))
    assert "Lamps" in page
    assert "Desks" not in page


def test_the_page_costs_the_same_with_many_boards(
    offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    browser = client_of(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get(f"/accounts/{offline.pk}/").status_code == 200
        return len(found)

    queries()
    before = queries()
    Board.objects.bulk_create(
        Board(account=offline, pinterest_id=f"b{n}", name=f"Board {n}") for n in range(200)
    )
    assert queries() == before <= 8


def test_sync_shows_its_progress_and_ends(
    account: PinterestAccount, alice: User, client_of: SignIn, queued: list[int]
) -> None:
    browser = client_of(alice)
    fragment = f"/accounts/{account.pk}/boards/"

    begun = browser.post(f"/accounts/{account.pk}/sync/", headers=HTMX)
    assert 'hx-trigger="every 2s"' in body(begun)
    assert "Syncing" in body(begun)
    assert queued == [account.pk]
    browser.post(f"/accounts/{account.pk}/sync/", headers=HTMX)
    assert queued == [account.pk]

    tasks.sync_boards(account.pk)
    ended = body(browser.get(fragment, headers=HTMX))
    assert "hx-trigger" not in ended
    assert "Sync now" in ended


def test_sync_without_scripts_leads_back(account: PinterestAccount, alice: User, client_of: SignIn) -> None:
    answer = client_of(alice).post(f"/accounts/{account.pk}/sync/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/{account.pk}/"


def test_a_sync_that_failed_says_why(
    account: PinterestAccount, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    simulator.fault("status", status=403, path="/boards")
    tasks.sync_boards(account.pk)
    page = text(client_of(alice).get(f"/accounts/{account.pk}/"))
    assert "The last sync did not finish." in page


def test_a_board_is_made(account: PinterestAccount, bob: User, client_of: SignIn) -> None:
    browser = client_of(bob)
    answer = browser.post(
        f"/accounts/{account.pk}/boards/new/", {"name": "Rugs", "description": "", "privacy": "PUBLIC"}
    )
    assert answer.status_code == 302
    assert "Rugs" in text(browser.get(answer["Location"]))


def test_a_refusal_stands_at_its_field_and_nothing_is_lost(
    account: PinterestAccount, simulator: Simulator, bob: User, client_of: SignIn
) -> None:
    simulator.fault(
        "status", status=400, method="POST", path="/boards", body={"code": 1, "message": "Invalid name"}
    )

    answer = client_of(bob).post(
        f"/accounts/{account.pk}/boards/new/",
        {"name": "Rugs", "description": "On floors", "privacy": "PUBLIC"},
    )

    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors == {"name": ["Pinterest refused this: Invalid name"]}
    assert 'value="Rugs"' in body(answer)
    assert "On floors" in body(answer)


def test_a_lost_answer_says_that_the_board_may_be_there(
    account: PinterestAccount, simulator: Simulator, bob: User, client_of: SignIn
) -> None:
    simulator.fault("drop_after", method="POST", path="/boards")
    answer = client_of(bob).post(
        f"/accounts/{account.pk}/boards/new/", {"name": "Rugs", "description": "", "privacy": "PUBLIC"}
    )
    assert "it may have been made" in text(answer)


def test_a_secret_board_takes_the_permission(offline: PinterestAccount, bob: User, client_of: SignIn) -> None:
    PinterestAccount.objects.update(scopes="boards:read boards:write")
    answer = client_of(bob).post(f"/accounts/{offline.pk}/boards/new/", {"name": "Rugs", "privacy": "SECRET"})
    assert "without permission for secret boards" in text(answer)


def test_a_section_is_made(account: PinterestAccount, bob: User, client_of: SignIn) -> None:
    board = account.boards.get(name="House plants")
    browser = client_of(bob)
    answer = browser.post(f"/accounts/{account.pk}/boards/{board.pk}/sections/new/", {"name": "Ferns"})
    assert answer.status_code == 302
    assert "Ferns" in text(browser.get(answer["Location"]))


def test_the_newest_pins_come_live_as_a_fragment_or_a_page(
    account: PinterestAccount, simulator: Simulator, vera: User, client_of: SignIn
) -> None:
    cache.clear()
    simulator.person(
        pins=[{"board": "House plants", "title": "A fern", "created_at": "2026-01-01T00:00:00+00:00"}]
    )
    browser = client_of(vera)

    fragment = body(browser.get(f"/accounts/{account.pk}/pins/", headers=HTMX))
    page = body(browser.get(f"/accounts/{account.pk}/pins/"))

    assert "A fern" in fragment
    assert "<html" not in fragment
    assert "A fern" in page
    assert "<html" in page


def test_pinterest_being_away_is_said_in_the_fragment(
    account: PinterestAccount, simulator: Simulator, vera: User, client_of: SignIn
) -> None:
    cache.clear()
    simulator.fault("drop_before", path="/pins")
    answer = client_of(vera).get(f"/accounts/{account.pk}/pins/", headers=HTMX)
    assert answer.status_code == 200
    assert "Pinterest could not be reached" in text(answer)


def test_pictures_of_another_host_are_left_out(
    account: PinterestAccount, simulator: Simulator, vera: User, client_of: SignIn, settings: Any
) -> None:
    """Our CSP would block them, and a blocked picture is an error in the console."""
    cache.clear()
    settings.LIVE_IMAGE_ORIGIN = "https://i.pinimg.com"
    simulator.person(pins=[{"board": "House plants", "title": "A fern", "created_at": "2026-01-01T00:00:00"}])
    assert "<img" not in body(client_of(vera).get(f"/accounts/{account.pk}/pins/", headers=HTMX))


def test_disconnecting_asks_first(offline: PinterestAccount, alice: User, client_of: SignIn) -> None:
    browser = client_of(alice)
    url = f"/accounts/{offline.pk}/disconnect/"

    asked = browser.post(url)
    assert asked.status_code == 200
    assert "Keep it connected" in body(asked)
    offline.refresh_from_db()
    assert offline.is_active

    assert browser.post(url, {"confirmed": "1"}).status_code == 302
    offline.refresh_from_db()
    assert offline.health == Health.DISCONNECTED


def test_a_hold_is_ended_by_an_admin(offline: PinterestAccount, alice: User, client_of: SignIn) -> None:
    health.hold(offline, code="trial", message="Trial.", now=timezone.now())
    browser = client_of(alice)
    assert "End the hold" in body(browser.get(f"/accounts/{offline.pk}/"))
    browser.post(f"/accounts/{offline.pk}/release/")
    offline.refresh_from_db()
    assert offline.is_active


def test_a_fragment_of_a_signed_out_browser_leads_the_whole_page_to_sign_in(
    offline: PinterestAccount,
) -> None:
    answer = Client().get(
        f"/accounts/{offline.pk}/pins/",
        headers={**HTMX, "HX-Current-URL": f"http://testserver/accounts/{offline.pk}/"},
    )
    assert answer["HX-Redirect"] == f"/accounts/login/?next=/accounts/{offline.pk}/"
