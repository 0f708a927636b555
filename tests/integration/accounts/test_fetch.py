"""Guarded fetch against real servers on this machine, most of which mean us no good."""

from __future__ import annotations

import gzip
import socket

import pytest

from accounts.fetch import MAX_REDIRECTS, fetch
from tests.integration.accounts.fetching import (
    IMAGES,
    JPEG,
    LIMIT,
    Resolver,
    code,
    get,
    jpeg,
    port,
    refusal,
    says,
    sends,
)
from tests.support.waiting import PATIENCE
from tests.unit.tiny_server import answer, serving

# What works --------------------------------------------------------------------------------------------


def test_a_picture_is_fetched() -> None:
    with serving(says(headers="Content-Type: text/plain\r\n")) as server:
        with get(f"{server.url}/a%20b.jpg?c=ü#top", server) as fetched:
            assert fetched.file.read() == JPEG
            assert fetched.content_type == "image/jpeg"
            assert fetched.size == len(JPEG)
            assert fetched.final_url == f"{server.url}/a%20b.jpg?c=%C3%BC"
        assert fetched.file.closed
        head = server.requests[0].decode().split("\r\n")
        assert head[:2] == ["GET /a%20b.jpg?c=%C3%BC HTTP/1.1", f"Host: {server.url.removeprefix('http://')}"]
        assert "Accept: image/jpeg, image/png, image/webp" in head
        assert "Accept-Encoding: identity" in head


@pytest.mark.parametrize(
    "whole",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n"
        + JPEG[:4]
        + f"\r\n{len(JPEG) - 4:x}; more=1\r\n".encode()
        + JPEG[4:]
        + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG + b"and more that is not ours",
    ],
    ids=["to the end", "chunks", "continue", "identity", "more than announced"],
)
def test_a_picture_is_fetched_however_it_is_framed(whole: bytes) -> None:
    with serving(sends(whole)) as server, get(server.url, server) as fetched:
        assert fetched.file.read() == JPEG


def test_a_picture_of_exactly_the_limit_is_fetched() -> None:
    with serving(jpeg) as server:
        with get(server.url, server, max_bytes=len(JPEG)) as fetched:
            assert fetched.size == len(JPEG)
        assert code(server.url, server, max_bytes=len(JPEG) - 1) == "too_large"


@pytest.mark.parametrize(
    "whole",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(JPEG) + JPEG + b"\r\n0\r\n\r\n",
    ],
    ids=["to the end", "chunks"],
)
def test_the_limit_holds_to_the_byte_when_nothing_was_announced(whole: bytes) -> None:
    with serving(sends(whole)) as server:
        with get(server.url, server, max_bytes=len(JPEG)) as fetched:
            assert fetched.size == len(JPEG)
        assert code(server.url, server, max_bytes=len(JPEG) - 1) == "too_large"


def test_redirects_are_followed() -> None:
    steps = ["/b", "c", "//{}/d", "http://{}/e", "?f=ü"]

    def lead_on(connection: socket.socket, number: int) -> None:
        if number < len(steps):
            location = steps[number].format(here)
            answer(connection, status=301 + number % 3, headers=f"Location: {location}\r\n")
        else:
            answer(connection, raw=JPEG)

    with serving(lead_on) as server:
        here = server.url.removeprefix("http://")
        with get(server.url, server) as fetched:
            assert fetched.final_url == f"{server.url}/e?f=%C3%BC"
        paths = [request.split(b" ")[1] for request in server.requests]

    assert len(steps) == MAX_REDIRECTS
    assert paths == [b"/", b"/b", b"/c", b"/d", b"/e", b"/e?f=%C3%BC"]


def test_a_second_address_is_tried_when_the_first_takes_no_connection() -> None:
    resolver = Resolver(img_test=[["127.0.0.2", "127.0.0.1"]])
    with serving(jpeg) as server:
        allow = frozenset({("img.test", port(server))})
        url = f"http://img.test:{port(server)}/"
        with fetch(
            url, allow=allow, max_bytes=LIMIT, deadline=PATIENCE, accept=IMAGES, resolve=resolver
        ) as fetched:
            assert fetched.final_url == url
        assert b"Host: img.test:" in server.requests[0]


# What comes back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ("Content-Encoding: gzip\r\n", gzip.compress(JPEG + bytes(10_000_000))),
        ("Content-Encoding: GZIP\r\n", gzip.compress(JPEG)),
        ("Content-Encoding: br\r\n", JPEG),
        ("Content-Encoding: identity, deflate\r\n", JPEG),
        ("Transfer-Encoding: gzip, chunked\r\n", gzip.compress(JPEG)),
    ],
    ids=["bomb", "gzip", "br", "two", "transfer"],
)
def test_compressed_bodies_are_not_opened(headers: str, raw: bytes) -> None:
    with serving(says(headers=headers, raw=raw)) as server:
        assert code(server.url, server) == "compressed"


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ("Content-Type: image/jpeg\r\n", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
        ("Content-Type: text/html; charset=utf-8\r\n", b"Hello"),
        ("Content-Type: application/xhtml+xml\r\n", b"<?xml version='1.0'?><x/>"),
        ("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", gzip.compress(b"<html>")),
        ("", b"<html>" + b"a" * (LIMIT + 1)),
    ],
    ids=["claims to be an image", "words", "xhtml", "compressed", "large"],
)
def test_a_web_page_is_told_from_a_picture(headers: str, raw: bytes) -> None:
    with serving(says(headers=headers, raw=raw)) as server:
        no = refusal(server.url, server)

    assert no.code == "web_page"
    assert "web page, not an image" in no.message
    assert "Copy image address" in no.message


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"GIF89a\x01\x00", "the kind GIF"),
        (b"%PDF-1.7", "the kind PDF"),
        (b"<svg xmlns='x'>", "the kind SVG"),
        (b'{"secret": 1}', "no picture that we know"),
        (gzip.compress(JPEG), "no picture that we know"),
    ],
)
def test_other_files_are_refused_by_name_whatever_they_claim_to_be(raw: bytes, found: str) -> None:
    with serving(says(headers="Content-Type: image/jpeg\r\n", raw=raw)) as server:
        no = refusal(server.url, server)

    assert no.code == "kind"
    assert found in no.message
    assert "JPEG, PNG or WebP" in no.message


def test_the_caller_says_what_is_accepted() -> None:
    with serving(jpeg) as server:
        assert "leads to PNG," in refusal(server.url, server, accept={"image/png"}).message


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (201, "unexpected_answer"),
        (206, "unexpected_answer"),
        (304, "unexpected_answer"),
        (302, "unexpected_answer"),  # without a Location
        (401, "forbidden"),
        (403, "forbidden"),
        (404, "not_found"),
        (410, "not_found"),
        (429, "unavailable"),
        (500, "unavailable"),
        (503, "unavailable"),
    ],
)
def test_an_answer_that_is_no_file_says_whose_move_it_is(status: int, expected: str) -> None:
    with serving(says(status=status)) as server:
        no = refusal(server.url, server)
    assert no.code == expected
    assert str(status) in no.message


def test_an_empty_file_is_refused() -> None:
    with serving(says(raw=b"")) as server:
        assert code(server.url, server) == "empty"


@pytest.mark.parametrize(
    "whole",
    [
        b"220 smtp.test ESMTP\r\n",
        b"-ERR unknown command\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ],
    ids=["mail", "redis", "no status", "many headers", "long header"],
)
def test_what_is_not_http_is_refused(whole: bytes) -> None:
    with serving(sends(whole)) as server:
        assert code(server.url, server) == "bad_answer"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        there = taken.getsockname()
    assert code(f"http://127.0.0.1:{there[1]}/", allow=frozenset({there})) == "unreachable"
    assert code("http://img.test/", resolve=Resolver()) == "unknown_host"
    assert code("http://img.test/", resolve=Resolver(img_test=[[]])) == "unknown_host"
