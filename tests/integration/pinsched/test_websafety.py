"""What browsers are told with every answer, what is too large to be read, and what Redis is trusted with."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any, Final

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User, Workspace
from pins.models import Media, Rendition
from pinsched.celery import app
from pinsched.websafety import MOST_BYTES
from tests.conftest import SignIn
from tests.support import factories

ALL: Final = {
    "Permissions-Policy": "camera=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
PAGES: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ANYBODY: Final = ("/accounts/login/", "/accounts/signup/", "/nothing/")
MEMBERS: Final = (
    "/",
    "/pins/",
    "/pins/compose/",
    "/accounts/",
    "/settings/tokens/",
    "/profile/",
    "/pins/export/",
)


def told(answer: Any, expected: dict[str, str]) -> None:
    for name, value in expected.items():
        assert value in answer.headers.get(name, ""), f"{name}: {answer.headers.get(name)}"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ANYBODY)
def test_every_page_tells_browsers_what_they_may(path: str, client: Client) -> None:
    answer = client.get(path)
    told(answer, ALL | PAGES | {"Cache-Control": "no-store"})
    assert "base-uri 'none'" in answer["Content-Security-Policy"]
    assert "object-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", MEMBERS)
def test_nothing_of_a_workspace_stays_in_a_browsers_cache(
    path: str, alice: User, workspace: Workspace, client_of: SignIn
) -> None:
    answer = client_of(alice).get(path)
    assert answer.status_code == 200
    told(answer, ALL | PAGES | {"Cache-Control": "no-store"})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/api/v1", "/api/v1/pins"])
def test_what_machines_ask_for_is_neither_kept_nor_guessed_at(path: str, client: Client) -> None:
    told(client.get(path), ALL | {"Cache-Control": "no-store"})


@pytest.mark.django_db
def test_cookies_are_out_of_reach(alice: User, workspace: Workspace) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": alice.email, "password": "correct-horse-battery"})
    browser.post("/theme/", {"theme": "dark"})
    browser.get("/")
    session, csrf, theme = (browser.cookies[name] for name in ("sessionid", "csrftoken", "theme"))
    assert session["httponly"]
    assert theme["httponly"]
    assert not csrf["httponly"]  # our scripts read it, to send it back
    assert {cookie["samesite"] for cookie in (session, csrf, theme)} == {"Lax"}
    assert {cookie["domain"] for cookie in (session, csrf, theme)} == {""}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(there: str, alice: User, workspace: Workspace) -> None:
    browser = Client()
    given = {"login": alice.email, "password": "correct-horse-battery", "next": there}
    signed_in = browser.post("/accounts/login/", given)
    themed = browser.post("/theme/", {"theme": "dark", "next": there})
    assert (signed_in["Location"], themed["Location"]) == ("/", "/")


@pytest.mark.django_db
def test_pages_take_no_form_without_its_token(alice: User, workspace: Workspace) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/theme/", "/settings/tokens/", "/accounts/logout/", "/pins/compose/"):
        assert browser.post(path, {}).status_code == 403, path
    # A session opens no door to the API, so that it needs no such token.
    assert browser.get("/api/v1/pins").status_code == 401


# How much may be sent ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/pins/compose/upload/", "/theme/"]
)
def test_a_stranger_sends_no_large_body(path: str, client: Client, monkeypatch: Any) -> None:
    """Files would be on the disk before anybody asks who sends them."""
    opened: list[str] = []
    monkeypatch.setattr(
        "django.core.files.uploadedfile.TemporaryUploadedFile.__init__", lambda *_, **__: opened.append(path)
    )
    big = SimpleUploadedFile("big.bin", bytes(3 * 1024 * 1024))
    answer = client.post(path, {"file": big})
    assert (answer.status_code, opened) == (413, [])
    assert "That was too much at once" in answer.text


@pytest.mark.django_db
def test_a_member_sends_pictures_but_not_without_end(
    alice: User, workspace: Workspace, client_of: SignIn
) -> None:
    browser = client_of(alice)
    picture = factories.upload(factories.jpeg(1200, 1800) + bytes(4 * 1024 * 1024))
    answer = browser.post("/pins/compose/upload/", {"file": picture, "batch": ""})
    assert answer.status_code < 400, answer.text
    endless = browser.generic(
        "POST", "/pins/compose/upload/", io.BytesIO(b"").read(), CONTENT_LENGTH=str(MOST_BYTES + 1)
    )
    assert endless.status_code == 413


# Pictures ----------------------------------------------------------------------------------------------

NAMES: Final = (
    "../../../etc/passwd.jpg",
    "..\\..\\boot.jpg",
    "/etc/cron.d/job.jpg",
    "a" * 600 + ".jpg",
    "<script>alert(1)</script>.jpg",
    "ünï\u202ecödé.jpg",
    "con.jpg\x00.html",
    ".htaccess",
)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_what_an_upload_is_called_is_no_path(
    name: str, alice: User, workspace: Workspace, client_of: SignIn, settings: Any
) -> None:
    browser = client_of(alice)
    answer = browser.post("/pins/compose/upload/", {"file": factories.upload(name=name), "batch": ""})
    assert answer.status_code < 400, answer.text
    stored = Media.objects.get()
    root = Path(str(settings.MEDIA_ROOT))
    (file,) = [path for path in root.rglob("*") if path.is_file()]
    assert file == root / str(stored.original.name)
    assert file.relative_to(root).parts[0] == "originals"
    assert len(file.name) == 32
    assert set(file.name) <= set("0123456789abcdef")
    assert "<script>" not in browser.get("/pins/").text


@pytest.mark.django_db
def test_a_picture_is_a_picture_whatever_it_was(alice: User, workspace: Workspace, client_of: SignIn) -> None:
    factories.make_media(workspace)
    for rendition in Rendition.objects.all():
        answer = client_of(alice).get(f"/media/{rendition.file.name}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Content-Disposition"].startswith("inline; filename=")
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"].startswith("private")
        told(answer, ALL)
        assert b"".join(answer)[:3] == b"\xff\xd8\xff"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["originals", "../settings.py", "..%2f..%2fetc/passwd", "prepared/../originals"]
)
def test_an_upload_as_it_came_is_never_served(
    path: str, alice: User, workspace: Workspace, client_of: SignIn
) -> None:
    media = factories.make_media(workspace)
    browser = client_of(alice)
    assert browser.get(f"/media/{media.original.name}").status_code == 404
    assert browser.get(f"/media/{path}").status_code == 404


# Redis -------------------------------------------------------------------------------------------------


class Trap:
    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return (setattr, (Trap, "sprung", True))


def test_what_somebody_else_put_into_redis_is_not_unpickled() -> None:
    cache.set("safe", {"a": [1, 2.5]}, 60)
    assert cache.get("safe") == {"a": [1, 2.5]}
    with redis.Redis.from_url(django_settings.REDIS_URL) as store:
        key = cache.make_key("safe")
        written = store.get(key)
        assert isinstance(written, bytes)
        for forged in (pickle.dumps(Trap()), written[:32] + pickle.dumps(Trap()), b"", written[:-1]):
            store.set(key, forged, ex=60)
            with pytest.raises(SuspiciousOperation):
                cache.get("safe")
    assert not Trap.sprung
    cache.set("counted", 5, 60)
    assert (cache.incr("counted"), cache.get("counted")) == (6, 6)


def test_messages_to_the_workers_are_json() -> None:
    assert set(app.conf.accept_content) == {"json"}
    assert app.conf.task_serializer == "json"
