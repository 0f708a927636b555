"""Another workspace's row is a 404, at every address with an id in it.

The addresses come from the URL configuration and from the API's own description, so a new one without a
rule here fails. Charlie, who owns a workspace elsewhere, asks for what is Alice's; then Alice does, and it
is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts import api_tokens, invitations
from accounts.models import PinterestAccount, Role, User, Workspace
from pins.models import LiveChange, LiveKind, Media, NotificationKind, Pin, RenditionKind, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db


class Things:
    """What Alice has, made when an address asks for it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @property
    def owner(self) -> User:
        owner = self.workspace.members.first()
        assert owner is not None
        return owner

    @cached_property
    def account(self) -> PinterestAccount:
        account = factories.make_account(self.workspace, username="alderandoat")
        factories.make_board(account, name="Desks")
        return account

    @cached_property
    def board(self) -> int:
        return self.account.boards.get().pk

    @cached_property
    def media(self) -> Media:
        return factories.make_media(self.workspace)

    @cached_property
    def pin(self) -> Pin:
        return factories.make_pin(self.workspace, self.account, status=Status.DRAFT, picture=self.media)

    @cached_property
    def live_change(self) -> int:
        return LiveChange.objects.create(pin=self.pin, kind=LiveKind.DELETE, due_at=timezone.now()).pk

    @cached_property
    def picture_file(self) -> str:
        prepared = self.media.rendition(RenditionKind.PREPARED)
        assert prepared is not None
        return str(prepared.file.name)

    @cached_property
    def notification(self) -> int:
        now = timezone.now()
        told = self.workspace.notifications.create(
            kind=NotificationKind.HELD,
            account=self.account,
            key="held",
            title="On hold",
            created_at=now,
            about_at=now,
        )
        told.receipts.create(user=self.owner)
        return told.pk

    @cached_property
    def token(self) -> int:
        return api_tokens.issue(self.owner, self.workspace, name="Script")[0].pk

    @cached_property
    def editor(self) -> int:
        factories.make_member(self.workspace, "editor@example.com", Role.EDITOR)
        return self.workspace.memberships.get(role=Role.EDITOR).pk

    @cached_property
    def invitation(self) -> int:
        by = self.workspace.memberships.select_related("user").get(user=self.owner)
        now = timezone.now()
        return invitations.invite(
            self.workspace, email="ines@example.com", role=Role.EDITOR, by=by, now=now
        ).pk

    @cached_property
    def passkey(self) -> int:
        data = {"name": "Laptop", "credential": {}}
        found: int = Authenticator.objects.create(
            user=self.owner, type=Authenticator.Type.WEBAUTHN, data=data
        ).pk
        return found


# Which of Alice's things an address names, by the address up to and with the parameter.
PAGES: Final[dict[str, Callable[[Things], object]]] = {
    "pins/<int:pk>": lambda alices: alices.pin.pk,
    "pins/compose/picture/<int:pk>": lambda alices: alices.media.pk,
    "pins/live/<int:pk>": lambda alices: alices.live_change,
    "media/<path:name>": lambda alices: alices.picture_file,
    "accounts/<int:pk>": lambda alices: alices.account.pk,
    "accounts/<int:pk>/boards/<int:board_pk>": lambda alices: alices.board,
    "accounts/two-factor/webauthn/keys/<int:pk>": lambda alices: alices.passkey,
    "notifications/<int:pk>": lambda alices: alices.notification,
    "settings/tokens/<int:pk>": lambda alices: alices.token,
    "settings/members/<int:pk>": lambda alices: alices.editor,
    "settings/invitations/<int:pk>": lambda alices: alices.invitation,
    "workspaces/<slug:slug>": lambda alices: alices.workspace.slug,
}
# The beginnings of addresses that are not asked for, and why.
LEFT_OUT: Final = {
    "admin/": "for staff, who see every workspace",
    "api/v1/": "asked for with tokens, further down",
    "accounts/^confirm-email/": "the key is a secret that was mailed to one person",
    "invitations/": "the key is a secret that was mailed to one person",
    "accounts/^password/reset/key/": "the key is a secret that was mailed to one person",
    "accounts/sessions/": "a person's own sign-ins, in every workspace; held by test_second_factor",
    "pins/calendar/<int:year>/<int:month>/": "a month is nobody's",
}
# The same for the API, where a parameter is {its_name}: which id of Alice's Pin as the API tells it.
API: Final = "/api/v1/"
OPERATIONS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "pins/{": lambda pin: pin["id"],
    "media/{": lambda pin: pin["media"][0],
}
# What an operation needs in its body, to get as far as looking for the row. The rest takes none.
BODIES: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("patch", "pins/{}"): {"title": "Mine now"},
    ("post", "pins/{}/schedule"): {"publish_at": "now"},
}
PARAMETER: Final = re.compile(r"<[^>]+>|\(\?P<")


def routes(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Every address of the house, as its patterns spell it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def with_ids() -> list[str]:
    return [route for route in routes() if PARAMETER.search(route) and not route.startswith(tuple(LEFT_OUT))]


def filled(route: str, alices: Things) -> str:
    """The address of Alice's thing."""
    address = route
    for found in PARAMETER.finditer(route):
        upto = route[: found.end()]
        assert upto in PAGES, f"no rule for {upto}: add it to PAGES, or to LEFT_OUT with a reason"
        address = address.replace(found.group(), str(PAGES[upto](alices)), 1)
    return f"/{address}"


@pytest.fixture
def alices(workspace: Workspace) -> Things:
    return Things(workspace)


def signed_in(client_of: SignIn, user: User) -> Client:
    """With the password typed a moment ago, as some pages ask."""
    client = client_of(user)
    request = HttpRequest()
    request.session, request.user = client.session, user
    record_authentication(request, user, method="password", reauthenticated=True)
    request.session.save()
    return client


def test_the_walk_finds_the_pages() -> None:
    assert {"pins/<int:pk>/", "accounts/<int:pk>/sync/", "media/<path:name>"} <= set(with_ids())


def test_every_rule_and_every_exception_is_of_use() -> None:
    found = list(routes())
    for start in (*PAGES, *LEFT_OUT):
        assert any(route.startswith(start) for route in found), f"there is no address {start} any more"


@pytest.mark.parametrize("route", with_ids())
def test_a_stranger_finds_nothing_at(
    route: str, alices: Things, alice: User, charlie: User, client_of: SignIn
) -> None:
    address = filled(route, alices)
    stranger = signed_in(client_of, charlie)
    met = {method: getattr(stranger, method)(address).status_code for method in ("get", "post")}
    assert 404 in met.values(), f"{address} answered {met} to a stranger"
    assert set(met.values()) <= {404, 405}, f"{address} answered {met} to a stranger"
    # The address was right: its owner finds something there, by the method that a stranger got a 404 for.
    method = "get" if met["get"] == 404 else "post"
    answer = getattr(signed_in(client_of, alice), method)(address)
    assert answer.status_code in (200, 302, 422), f"{address} answered {answer.status_code} to its owner"
    answer.close()


# Ids that travel in a query or a form -----------------------------------------------------------------------


def test_a_stranger_can_not_open_anothers_drafts_in_the_composer(
    alices: Things, charlie: User, client_of: SignIn
) -> None:
    client = client_of(charlie)
    assert client.get(f"/pins/compose/?batch={alices.pin.pk}").status_code == 404
    for address in ("/pins/compose/", "/pins/compose/autosave/"):
        assert client.post(address, {"batch": alices.pin.pk, "title": "Mine"}).status_code == 404
        assert client.post(address, {"media": alices.media.pk, "title": "Mine"}).status_code == 404
    alices.pin.refresh_from_db()
    assert alices.pin.title == "One vase, one desk"


def test_a_stranger_can_not_compose_for_anothers_board(
    alices: Things, charlie: User, client_of: SignIn
) -> None:
    answer = client_of(charlie).post(
        "/pins/compose/", {"destination": f"board-{alices.board}", "title": "Mine", "choice": "draft"}
    )
    assert answer.status_code == 422
    assert not Pin.objects.filter(board=alices.board).exists()


def test_filtering_by_anothers_account_or_board_shows_nothing_of_theirs(
    alices: Things, charlie: User, client_of: SignIn
) -> None:
    assert alices.pin.account
    for query in (f"account={alices.account.pk}", f"board={alices.board}", "q=vase"):
        text = client_of(charlie).get(f"/pins/?{query}").text
        assert "One vase, one desk" not in text
        assert "Desks" not in text


def test_a_stranger_can_not_switch_to_anothers_workspace_by_session_or_slug(
    workspace: Workspace, charlie: User, client_of: SignIn
) -> None:
    """A session that names a workspace the person was since taken out of opens their own one."""
    client = client_of(charlie)
    session = client.session
    session["workspace"] = workspace.pk
    session.save()
    assert client.get("/").context["workspace"].name == "Elsewhere"


# The API ----------------------------------------------------------------------------------------------------


def operations() -> list[tuple[str, str]]:
    """(method, path below /api/v1/) of every operation of the API that has an id in its path."""
    from pinsched.api import api

    found = [
        (method, path.removeprefix(API))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
        if "{" in path
    ]
    assert found
    assert not [path for _, path in found if path.startswith("/")]
    return found


def caller(user: User) -> Callable[..., Any]:
    """Calls the API with a token of this person's first workspace."""
    membership = user.memberships.order_by("pk")[0]
    _, plain = api_tokens.issue(user, membership.workspace, name="Script")

    def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {plain}"}
        if body is None:
            return Client().generic(method.upper(), API + path, headers=headers)
        return Client().generic(
            method.upper(), API + path, json.dumps(body), content_type="application/json", headers=headers
        )

    return call


@pytest.fixture
def alices_pin(alices: Things, alice: User) -> dict[str, Any]:
    """As the API tells it to her: with the ids that scripts use."""
    assert alices.pin.pk
    (pin,) = caller(alice)("get", "pins").json()["items"]
    assert isinstance(pin, dict)
    return pin


def addressed(path: str, pin: dict[str, Any]) -> str:
    address = path
    for found in re.finditer(r"{\w+}", path):
        upto = path[: found.start() + 1]
        assert upto in OPERATIONS, f"no rule for {path}: add {upto} to OPERATIONS"
        address = address.replace(found.group(), OPERATIONS[upto](pin), 1)
    return address


def test_a_strangers_token_finds_nothing_by_id(
    alices_pin: dict[str, Any], alice: User, charlie: User
) -> None:
    stranger, owner = caller(charlie), caller(alice)
    for method, path in operations():
        address = addressed(path, alices_pin)
        body = BODIES.get((method, re.sub(r"{\w+}", "{}", path)))
        answer = stranger(method, address, body)
        assert answer.status_code == 404, f"{method} {path} answered {answer.status_code} to a stranger"
        assert answer.json()["error"]["code"] == "not_found"
        if method == "get":
            assert owner(method, address).status_code == 200, f"{method} {path} finds nothing for its owner"
    # The owner's other methods last: they change the Pin.
    for method, path in operations():
        if method != "get":
            body = BODIES.get((method, re.sub(r"{\w+}", "{}", path)))
            answer = owner(method, addressed(path, alices_pin), body)
            assert answer.status_code in (200, 202, 204, 404, 409, 422), f"{method} {path}: {answer.text}"


def test_a_strangers_lists_are_empty(alices_pin: dict[str, Any], charlie: User) -> None:
    stranger = caller(charlie)
    for path in ("accounts", "boards", "pins", "metrics?from=2020-01-01&to=2020-01-31"):
        assert stranger("get", path).json()["items"] == [], path


@pytest.mark.parametrize("field", ["account", "board"])
def test_filtering_by_anothers_id_tells_nothing(
    field: str, alices_pin: dict[str, Any], charlie: User
) -> None:
    answer = caller(charlie)("get", f"pins?{field}={alices_pin[field]}")
    assert answer.status_code in (404, 422) or answer.json()["items"] == []
    assert "vase" not in answer.text


@pytest.mark.parametrize("field", ["account", "board", "media"])
def test_anothers_id_in_a_body_is_refused_at_its_field(
    field: str, alices_pin: dict[str, Any], charlie: User
) -> None:
    mine = charlie.memberships.get().workspace
    account = factories.make_account(mine, username="charlies")
    board = factories.make_board(account, name="Mine")
    factories.make_pin(mine, account, picture=factories.make_media(mine))
    assert board.pk
    stranger = caller(charlie)
    (own,) = stranger("get", "pins").json()["items"]
    body = {name: own[name] for name in ("account", "board", "media")} | {"title": "Mine"}
    assert stranger("post", "pins", body).status_code == 201
    answer = stranger("post", "pins", body | {field: alices_pin[field]})
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
