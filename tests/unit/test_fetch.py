"""What may be fetched for somebody else: addresses judged, URLs taken apart, files recognised."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.fetch import FetchRefused, allow_list, is_public, kinds
from accounts.fetch.addresses import Allow, Place, look_up, parse

NOTHING: Allow = frozenset()


def refusal(act: Callable[[], object]) -> str:
    """The code of the refusal; empty when there was none."""
    try:
        act()
    except FetchRefused as no:
        return no.code
    return ""


# Addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.17",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        # IPv4: first and last of what is not for everybody
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.9",
        "192.0.0.10",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        # IPv6
        "::",
        "::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "2001:db8::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "2001:20::1",
        # IPv4 within IPv6
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::8.8.8.8",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:c0a8:101::1",
        "2001:0:7f00:1::1",
        "2001::f5ff:fffe",
    ],
)
def test_other_addresses_may_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_within_an_address_is_judged_by_the_inner_one(inner: IPv4Address) -> None:
    number = int(inner)
    mapped = IPv6Address(0xFFFF << 32 | number)
    nat64 = IPv6Address(0x64FF9B << 96 | number)
    sixtofour = IPv6Address(0x2002 << 112 | number << 80 | 1)

    assert {is_public(each) for each in (mapped, nat64, sixtofour)} == {is_public(inner)}


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_public(address: IPv4Address | IPv6Address) -> None:
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour):
        return
    if is_public(address):
        assert address.is_global
        assert not address.is_private


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "0x7f.0.0.1",
        "0x7f000001",
        "0177.0.0.1",
        "2130706433",
        "017700000001",
        "\uff11\uff12\uff17.0.0.1",  # full-width digits
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "LOCALHOST",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:7f00:1]",
    ],
)
def test_this_machine_is_recognised_in_every_spelling(spelling: str) -> None:
    place = parse(f"http://{spelling}/")

    assert refusal(lambda: place.judge(look_up(place.host), NOTHING)) == "private_address"


def test_one_private_address_spoils_a_name() -> None:
    place = parse("https://img.test/a.jpg")

    assert place.judge(["8.8.8.8", "8.8.8.8"], NOTHING) == [IPv4Address("8.8.8.8")]
    with pytest.raises(FetchRefused, match="inside a private network"):
        place.judge(["8.8.8.8", "10.0.0.1"], NOTHING)


@pytest.mark.parametrize(
    ("url", "found", "code"),
    [
        ("http://intranet.test:8080/", "10.0.0.9", ""),  # the name is allowed, whatever it stands for
        ("http://10.0.0.7:81/", "10.0.0.7", ""),
        ("http://other.test:81/", "10.0.0.7", ""),  # the address is allowed, under any name
        ("http://other.test:81/", "10.0.0.8", "port"),
        ("http://8.8.8.8:8080/", "8.8.8.8", "port"),  # the port of a neighbour on the list
        ("http://intranet.test/", "10.0.0.9", "private_address"),  # another port of the same name
        ("http://[fd00::7]/", "fd00::7", ""),
    ],
)
def test_the_allow_list_opens_what_it_names_and_nothing_else(url: str, found: str, code: str) -> None:
    allow = allow_list("Intranet.test:8080, 10.0.0.7:81,[fd00:0::7]:80,")
    place = parse(url)
    place.check_port(allow)

    assert refusal(lambda: place.judge([found], allow)) == code


def test_ports_that_are_on_no_list_are_refused_before_any_look_up() -> None:
    allow = allow_list("10.0.0.7:81")
    for url in ("http://img.test/", "https://img.test/", "https://img.test:80/", "http://img.test:81/"):
        parse(url).check_port(allow)
    for port in (0, 22, 6379, 8080):
        with pytest.raises(FetchRefused, match=f":{port}"):
            parse(f"http://img.test:{port}/").check_port(allow)


def test_an_empty_allow_list_allows_nothing() -> None:
    assert allow_list("") == allow_list(" , ") == NOTHING


@pytest.mark.parametrize(
    "entry", ["intranet.test", "intranet.test:", ":80", "intranet.test:web", "http://a.test:80", "fd00::7:80"]
)
def test_an_allow_list_with_a_slip_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="FETCH_ALLOW"):
        allow_list(f"ok.test:80,{entry}")


# URLs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://img.test", Place("https", "img.test", 443, "/")),
        (" HTTP://IMG.Test./a.jpg#top\n", Place("http", "img.test", 80, "/a.jpg")),
        ("https://img.test:8443/a?b=c%20d&e", Place("https", "img.test", 8443, "/a?b=c%20d&e")),
        ("https://bücher.test/ü b.jpg", Place("https", "xn--bcher-kva.test", 443, "/%C3%BC%20b.jpg")),
        ("https://my_bucket.img.test/a", Place("https", "my_bucket.img.test", 443, "/a")),
        ("https://_a.img.test/", Place("https", "_a.img.test", 443, "/")),
        ("http://[2606:4700::0001]:80/", Place("http", "2606:4700::1", 80, "/")),
    ],
)
def test_an_address_is_taken_apart(url: str, place: Place) -> None:
    assert parse(url) == place


def test_the_host_header_names_unusual_ports_only() -> None:
    assert parse("https://img.test:443/").authority == "img.test"
    assert parse("http://img.test:443/").authority == "img.test:443"
    assert parse("http://[2606:4700::1]:81/").authority == "[2606:4700::1]:81"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "scheme"),
        ("img.test/a.jpg", "scheme"),
        ("//img.test/a.jpg", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://img.test/a.jpg", "scheme"),
        ("gopher://img.test/", "scheme"),
        ("data:image/png;base64,AAAA", "scheme"),
        ("https://user:word@img.test/", "credentials"),
        ("https://user@img.test/", "credentials"),
        ("https://@img.test/", "credentials"),
        ("https://8.8.8.8@127.0.0.1/", "credentials"),
        ("https://", "bad_url"),
        ("https:///a.jpg", "bad_url"),
        ("https:img.test", "bad_url"),
        ("https://img.test:99999/", "bad_url"),
        ("https://img.test:http/", "bad_url"),
        ("https://img..test/", "bad_url"),
        ("https://.img.test/", "bad_url"),
        ("https://-img.test/", "bad_url"),
        (f"https://{'a' * 64}.test/", "bad_url"),
        (f"https://{'a.' * 130}test/", "bad_url"),
        ("https://img test/", "bad_url"),
        ("https://%31%32%37.0.0.1/", "bad_url"),
        ("https://img.test%2f@evil.test/", "credentials"),
        ("https://8.8.8.8\\@127.0.0.1/", "bad_url"),
        ("https://img.test/a\r\nHost: evil.test", "bad_url"),
        ("https://img.te\tst/", "bad_url"),
        ("https://img.test/\x00", "bad_url"),
        ("https://[::1", "bad_url"),
        ("https://[fe80::1%25eth0]/", "bad_url"),
        ("https://[fe80::1%eth0]/", "bad_url"),
        ("https://[v1.a]/", "bad_url"),
        ("https://evil.c℀.test/", "bad_url"),
        ("https://img.test/\ud800", "bad_url"),
        ("https://\ud800.test/", "bad_url"),
        ("https://img.test/" + "a" * 4096, "bad_url"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str, code: str) -> None:
    assert refusal(lambda: parse(url)) == code


@given(st.text(max_size=40))
def test_whatever_is_pasted_is_taken_apart_or_refused(words: str) -> None:
    for url in (words, f"https://{words}", f"https://img.test/{words}", f"https://[{words}]/"):
        if refusal(partial(parse, url)):
            continue
        place = parse(url)
        assert parse(place.url) == place
        assert re.fullmatch(r"[!-~]+", place.host + place.path)  # what a request line can hold


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b.jpg", "https://img.test:8443/b.jpg"),
        ("b.jpg?c", "https://img.test:8443/a/b.jpg?c"),
        ("//cdn.test/b.jpg", "https://cdn.test/b.jpg"),
        ("https://cdn.test/ü.jpg", "https://cdn.test/%C3%BC.jpg"),
    ],
)
def test_a_redirect_leads_on_from_where_it_was_said(location: str, url: str) -> None:
    assert parse("https://img.test:8443/a/x.jpg").follow(location).url == url


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://img.test/a.jpg", "insecure_redirect"),
        ("file:///etc/passwd", "scheme"),
        ("https://me:word@img.test/", "credentials"),
        ("https://[::1", "bad_url"),
    ],
)
def test_a_redirect_is_read_as_strictly_as_what_people_paste(location: str, code: str) -> None:
    assert refusal(lambda: parse("https://img.test/").follow(location)) == code


def test_a_redirect_may_lead_to_the_secure_address() -> None:
    assert parse("http://img.test/").follow("https://img.test/").scheme == "https"


# Files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"RIFF\n\x00\n\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\n\x00\n\x00WAVEfmt ", ""),
        (b"GIF89a\x01\x00", "image/gif"),
        (b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heic", "image/heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1heic", "image/heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "image/avif"),
        (b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp42avif", "video/mp4"),  # avif is beyond the box
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime"),
        (b"II*\x00\x08\x00", "image/tiff"),
        (b"BM" + b"\x00" * 12 + b"\x28\x00\x00\x00", "image/bmp"),
        (b"BMW and other cars", ""),
        (b"%PDF-1.7\n", "application/pdf"),
        (b'<?xml version="1.0"?><!-- by hand --><svg xmlns="x"><title>A</title>', "image/svg+xml"),
        (b"<!DOCTYPE html><html>", "text/html"),
        (b"\xef\xbb\xbf\r\n  <!-- hello -->\n<HTML>", "text/html"),
        (b'<?xml version="1.0"?><html xmlns="x">', "text/html"),
        (b"<rss version='2'>", ""),
        (b'{"a": 1}', ""),
        (b"\x1f\x8b\x08", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_files_are_recognised_by_their_first_bytes(start: bytes, kind: str) -> None:
    assert kinds.of(start) == kind


@pytest.mark.parametrize("piece", [b"<!---->", b"<?xml?>", b"<!doctype ", b"<", b" ", b"<!--"])
def test_looking_at_hostile_text_takes_no_time(piece: bytes) -> None:
    start = (b"<" + piece * kinds.ENOUGH)[: kinds.ENOUGH]
    began = time.thread_time()  # ours alone, whoever else keeps the machine busy

    assert kinds.of(start) == ""

    assert time.thread_time() - began < 0.1
