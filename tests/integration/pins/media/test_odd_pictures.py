"""Pictures that come oddly: empty, cut off, behind hints of what is to come, with another kind's name."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from accounts.fetch import allow_list
from accounts.models import User, Workspace
from pins.media import download, preparing
from pins.models import Media, MediaStatus
from tests.conftest import SignIn, Time
from tests.integration.api.conftest import Caller
from tests.integration.pins.media.test_missing_pictures import again, fetch_due
from tests.support import factories
from tests.support.image_corpus import encoded, photo
from tests.unit.tiny_server import serving

pytestmark = pytest.mark.django_db

PHOTO = factories.jpeg()
OK = b"HTTP/1.1 200 OK\r\n"
SIZED = b"Content-Length: %d\r\n\r\n" % len(PHOTO)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def given(workspace: Workspace, settings: Any, clock: Time) -> Iterator[Callable[..., Media]]:
    """given(first, second): a picture's address, where these come, byte by byte."""
    with contextlib.ExitStack() as servers:

        def at_an_address(*answers: bytes) -> Media:
            def handle(connection: socket.socket, number: int) -> None:
                connection.sendall(answers[number])
                connection.shutdown(socket.SHUT_RDWR)

            server = servers.enter_context(serving(handle))
            settings.FETCH_ALLOW = allow_list(server.url.removeprefix("http://"))
            return download.accept(workspace, url=f"{server.url}/a.jpg", user=None, now=clock())

        yield at_an_address


@pytest.mark.parametrize(
    "cut",
    [
        OK + SIZED,
        OK + SIZED + PHOTO[:1],
        OK + SIZED + PHOTO[:100],
        OK + SIZED + PHOTO[:-100],
        OK + CHUNKED + b"%x\r\n" % len(PHOTO) + PHOTO[:900],
        OK + CHUNKED + b"%x\r\n" % len(PHOTO) + PHOTO + b"\r\n",
        OK + CHUNKED + b"0\r\n\r\n",
        OK + b"Content-Length: 0\r\n\r\n",
        OK + b"\r\n",
        OK + b"\r\n" + PHOTO[:100],
        OK + b"\r\n" + PHOTO[:-100],
    ],
)
def test_a_picture_that_comes_empty_or_cut_off_is_asked_for_again(
    given: Callable[..., Media], clock: Time, cut: bytes
) -> None:
    found = given(cut, OK + SIZED + PHOTO)
    fetch_due(clock)
    assert (again(found).status, again(found).fetch_tries) == (MediaStatus.PROCESSING, 1)
    clock.passes(11)
    fetch_due(clock)
    assert again(found).status == MediaStatus.READY


@pytest.mark.parametrize(
    "whole",
    [
        b"HTTP/1.1 203 Lighter\r\n" + SIZED + PHOTO,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + OK + SIZED + PHOTO,
        b"HTTP/1.1 102 Processing\r\n\r\n" * 2 + b"HTTP/1.1 100 Continue\r\n\r\n" + OK + SIZED + PHOTO,
        OK + b"\r\n" + PHOTO,
    ],
    ids=["203", "103", "102", "to the end of the connection"],
)
def test_a_picture_is_taken_however_its_server_says_so(
    given: Callable[..., Media], clock: Time, whole: bytes
) -> None:
    found = given(whole)
    fetch_due(clock)
    assert again(found).status == MediaStatus.READY


@pytest.mark.parametrize(("kind", "name"), [("PNG", "photo.jpg"), ("JPEG", "photo.png"), ("WEBP", "photo")])
def test_a_file_is_what_it_is_whatever_its_name_says(
    kind: str, name: str, alice: User, workspace: Workspace, client_of: SignIn
) -> None:
    data = encoded(photo(800, 1200), kind)
    browser: Client = client_of(alice)
    uploaded = browser.post("/pins/compose/upload/", {"file": factories.upload(data, name)})
    assert uploaded.status_code == 201
    assert Caller(alice, workspace).upload(data, name).status == 201
    for found in Media.objects.all():
        preparing.prepare(found.pk)
    for found in Media.objects.all():
        assert (found.status, found.content_type) == (MediaStatus.READY, f"image/{kind.lower()}")
        prepared = found.renditions.get(kind="prepared")
        with prepared.file.open("rb") as file, Image.open(file) as opened:
            assert (opened.format, opened.size) == ("JPEG", (1000, 1500))
