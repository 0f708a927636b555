"""A caller for each of the cast, and a workspace with two accounts and their boards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client

from accounts import api_tokens
from accounts.models import Board, BoardSection, PinterestAccount, User, Workspace
from pins.models import Media
from tests.support import factories


class Caller:
    """One token at /api/v1. Every error must come in the envelope, whatever was asked."""

    def __init__(self, user: User, workspace: Workspace) -> None:
        self.token, self.plain = api_tokens.issue(user, workspace, name="test")
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
        extra = {} if raw is None else {"data": raw, "content_type": "application/json"}
        return self.generic(method, path, headers=headers, **extra)

    def generic(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        url = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        sent = {"Authorization": f"Bearer {self.plain}"} | named
        return Answer(self.client.generic(method, url, headers=sent, **more))

    def get(self, path: str, **headers: str) -> Answer:
        return self("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: object = None) -> Answer:
        return self("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self("DELETE", path)

    def upload(self, data: bytes, name: str = "photo.jpg", field: str = "file", **headers: str) -> Answer:
        url = "/api/v1/media"
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        sent = {"Authorization": f"Bearer {self.plain}"} | named
        return Answer(self.client.post(url, {field: factories.upload(data, name)}, headers=sent))


class Answer:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.text = response.content.decode()
        self.body: Any = None
        if self.text:
            self.body = json.loads(self.text)
        if self.status >= 400:
            assert set(self.body) == {"error"}, self.text
            assert set(self.body["error"]) == {"code", "message", "fields"}, self.text
            assert self.body["error"]["message"]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def fields(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.body["error"]["fields"]
        return found

    def __repr__(self) -> str:
        return f"<{self.status} {self.text[:300]}>"


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    url = django_settings.REDIS_URL
    yield
    with redis.Redis.from_url(url) as store:
        for key in store.scan_iter("pinsched:LIMIT*"):
            store.delete(key)


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def as_bob(bob: User, workspace: Workspace) -> Caller:
    return Caller(bob, workspace)


@pytest.fixture
def as_vera(vera: User, workspace: Workspace) -> Caller:
    return Caller(vera, workspace)


@pytest.fixture
def as_charlie(charlie: User) -> Caller:
    elsewhere = charlie.workspaces.first()
    assert elsewhere is not None
    return Caller(charlie, elsewhere)


@pytest.fixture
def shop(workspace: Workspace) -> PinterestAccount:
    return factories.make_account(workspace, username="shop")


@pytest.fixture
def board(shop: PinterestAccount) -> Board:
    return factories.make_board(shop, name="Desks")


@pytest.fixture
def section(board: Board) -> BoardSection:
    return BoardSection.objects.create(board=board, pinterest_id="30001", name="Oak")


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    return factories.make_media(workspace)


@pytest.fixture
def pin_body(shop: PinterestAccount, board: Board, picture: Media) -> dict[str, Any]:
    return {
        "account": f"acc_{shop.pk}",
        "board": f"brd_{board.pk}",
        "title": "One vase, one desk",
        "description": "Oak and glass.",
        "link": "https://alderandoat.example/desks",
        "alt_text": "A vase on a desk",
        "media": [f"med_{picture.pk}"],
    }
