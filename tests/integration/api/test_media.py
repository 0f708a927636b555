from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from accounts.fetch import allow_list
from pins.media import download
from pins.media import preparing as medias
from pins.models import Media
from tests.integration.api.conftest import Answer, Caller
from tests.support import factories
from tests.unit.tiny_server import TinyServer, answer, serving

pytestmark = pytest.mark.django_db


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_an_upload_is_processing_then_ready(as_bob: Caller, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as asked:
        answer = as_bob.upload(factories.jpeg(1300, 1700))
    assert len(asked) == 1  # the media worker is told
    assert answer.status == 201
    assert answer.body == {
        "id": f"med_{Media.objects.get().pk}",
        "kind": "image",
        "width": 1300,
        "height": 1700,
        "status": "processing",
        "reason": None,
    }
    medias.prepare(Media.objects.get().pk)
    assert as_bob.get(f"media/{answer.body['id']}").body == answer.body | {"status": "ready"}


def test_a_failed_one_says_why(as_bob: Caller) -> None:
    path = f"media/{as_bob.upload(factories.jpeg()).body['id']}"
    Media.objects.update(status="failed", reason_code="damaged", reason_message="It ends early.")
    assert as_bob.get(path).body["reason"] == {"code": "damaged", "message": "It ends early."}


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(100), b"<svg/>", factories.jpeg()[:40], png(100, 100), bytes(5000)],
    ids=["empty", "gif", "svg", "truncated", "small", "zeros"],
)
def test_what_is_no_picture_for_a_pin_is_refused(as_bob: Caller, data: bytes) -> None:
    answer = as_bob.upload(data)
    assert (answer.status, list(answer.fields)) == (422, ["file"])
    assert not Media.objects.exists()


def test_too_many_bytes(as_bob: Caller, settings: Any) -> None:
    big = as_bob.upload(factories.jpeg() + bytes(settings.UPLOAD_LIMIT_BYTES))
    assert (big.status, big.code, list(big.fields)) == (413, "too_large", ["file"])
    huge = as_bob.generic(
        "POST", "media", data=bytes(10), content_type=MULTIPART_CONTENT, CONTENT_LENGTH=str(10**9)
    )
    assert huge.status == 413
    assert not Media.objects.exists()


def send(caller: Caller, fields: dict[str, Any]) -> Answer:
    return caller.generic(
        "POST", "media", data=encode_multipart(BOUNDARY, fields), content_type=MULTIPART_CONTENT
    )


def test_one_file_and_nothing_else(as_bob: Caller) -> None:
    file, other = factories.upload(), factories.upload()
    for fields, wrong in (
        ({}, "file"),
        ({"file": "text"}, "file"),
        ({"file": [file, other]}, "file"),
        ({"file": file, "focal": "1"}, "focal"),
        ({"photo": file}, "photo"),
        ({"file": file, "\x00": "1"}, "\x00"),
    ):
        answer = send(as_bob, fields)
        assert (answer.status, list(answer.fields)) == (422, [wrong])
    assert not Media.objects.exists()


@pytest.mark.parametrize("name", ["", "a" * 5000, "../../etc/passwd", "x\x00.jpg", 'q"uote.jpg', "ナ🪴.jpg"])
def test_a_file_may_be_called_anything(as_bob: Caller, name: str) -> None:
    assert as_bob.upload(factories.jpeg(400, 600), name or "x").status == 201


@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=", b"x", 400),
        ("multipart/form-data; boundary=x", b"no parts", 422),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a',
            422,
        ),
        ("multipart/form-data; boundary=" + "x" * 300, b"x", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n" * 3000, None),
        ("image/jpeg", b"\xff\xd8", 415),
        ("application/json", b"{", 400),
        ("application/json", b"", 400),
        ("application/json", b"{}", 422),
        ("application/json", b'{"url": 1}', 422),
        ("application/json", b'{"url": "https://x.example/a.jpg", "more": 1}', 422),
    ],
)
def test_an_upload_that_cant_be_read(as_bob: Caller, kind: str, data: bytes, status: int | None) -> None:
    answer = as_bob.generic("POST", "media", data=data, content_type=kind, CONTENT_TYPE=kind)
    assert answer.status == status if status else 400 <= answer.status < 500


@pytest.fixture
def shop(settings: Any) -> Iterator[TinyServer]:
    """Somebody's web server with pictures, which the fetcher may reach though it is on this machine."""
    with serving(lambda connection, number: answer(connection, raw=factories.jpeg())) as server:
        settings.FETCH_ALLOW = allow_list(server.url.removeprefix("http://"))
        yield server


def test_a_picture_by_its_address_is_fetched_and_prepared(as_bob: Caller, shop: TinyServer) -> None:
    made = as_bob.post("media", {"url": f"{shop.url}/vase%20blue.jpg?size=l"})
    assert made.status == 201
    assert made.body | {"id": ""} == {
        "id": "", "kind": "image", "width": None, "height": None, "status": "processing", "reason": None,
    }  # fmt: skip
    row = Media.objects.get()
    assert (row.name, download.bring(row.pk)) == ("vase blue.jpg", True)
    medias.prepare(row.pk)
    found = as_bob.get(f"media/{made.body['id']}").body
    assert (found["status"], found["width"], found["height"]) == ("ready", 1200, 1600)
    assert not download.bring(row.pk)  # a second delivery has nothing to do


def test_the_same_key_and_address_make_one_picture(as_bob: Caller, shop: TinyServer) -> None:
    first, again = (
        as_bob.post("media", {"url": f"{shop.url}/a.jpg"}, **{"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert (first.status, first.body) == (again.status, again.body)
    assert Media.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.1:6379/", "port"),
        ("http://169.254.169.254/latest/meta-data", "private network"),
        ("http://[::ffff:10.0.0.1]/a.jpg", "private network"),
        ("ftp://pictures.example/a.jpg", "https://"),
        ("https://user:word@pictures.example/a.jpg", "password"),
        ("vase", "https://"),
        ("http://x/\x01", "address"),
        ("https://pictures.example/" + "a" * 5000, "characters"),
    ],
)
def test_an_address_that_may_not_be_fetched(as_bob: Caller, url: str, word: str) -> None:
    refused = as_bob.post("media", {"url": url})
    assert (refused.status, list(refused.fields)) == (422, ["url"])
    assert word in refused.fields["url"][0]
    assert not Media.objects.exists()


def test_what_the_far_server_sends_is_the_pictures_reason(as_bob: Caller, settings: Any) -> None:
    with serving(lambda connection, number: answer(connection, raw=b"<!doctype html><p>")) as page:
        settings.FETCH_ALLOW = allow_list(page.url.removeprefix("http://"))
        made = as_bob.post("media", {"url": f"{page.url}/pin"})
        assert not download.bring(Media.objects.get().pk)
    found = as_bob.get(f"media/{made.body['id']}").body
    assert (found["status"], found["reason"]["code"]) == ("failed", "web_page")


def test_a_name_that_leads_to_this_machine_is_refused_by_the_worker(as_bob: Caller) -> None:
    made = as_bob.post("media", {"url": "http://localhost/a.jpg"})
    assert made.status == 201  # nobody was asked for the name yet
    assert not download.bring(Media.objects.get().pk)
    assert as_bob.get(f"media/{made.body['id']}").body["reason"]["code"] == "private_address"


def test_a_lost_message_is_sent_again(as_bob: Caller, shop: TinyServer) -> None:
    as_bob.post("media", {"url": f"{shop.url}/a.jpg"})
    (pk,) = Media.objects.values_list("pk", flat=True)
    now = timezone.now()
    assert download.hand_out(now=now) == [pk]
    assert download.hand_out(now=now + download.FETCH_LEASE - timedelta(seconds=1)) == []
    assert download.hand_out(now=now + download.FETCH_LEASE + timedelta(seconds=1)) == [pk]
