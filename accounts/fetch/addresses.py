"""Which addresses may be reached for somebody else: takes URLs apart and judges what their names stand for.

Nothing here connects. What passes `Place.judge` is the very address that `wire` connects to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

import idna

from accounts.fetch.errors import INSTEAD, FetchRefused

Address: TypeAlias = IPv4Address | IPv6Address
Allow: TypeAlias = frozenset[tuple[str, int]]
Resolver: TypeAlias = Callable[[str], Sequence[str]]

PORTS: Final = {"http": 80, "https": 443}
LONGEST_URL: Final = 4096  # characters; signed addresses of picture stores have up to 2,000

# Spelled out, because what the standard library calls global changes with its patch releases.
_CLOSED: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own agent, though the address looks public
        "169.254.0.0/16",  # link-local; most clouds' metadata at 169.254.169.254
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata at 192.0.0.192
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_OPEN_V6: Final = IPv6Network("2000::/3")  # all that was ever given out to be reached from anywhere
_CLOSED_V6: Final = tuple(
    IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "3fff::/20")  # Teredo is in the first
)
_NAT64: Final = IPv6Network("64:ff9b::/96")

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f\\]")  # what parsers of URLs drop or read in two ways
_SAFE: Final = "!$%&'()*+,/:;=?@[]~"  # of a path and query; everything else is percent-encoded


def is_public(address: Address) -> bool:
    """May anybody on the internet be sent there? Of addresses that carry another, the other one decides."""
    if isinstance(address, IPv6Address):
        if (inner := _carried(address)) is not None:
            return is_public(inner)
        if address not in _OPEN_V6 or any(address in block for block in _CLOSED_V6):
            return False
    elif any(address in block for block in _CLOSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this one ends at: mapped, NAT64 or 6to4."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL points. `host` is as DNS, TLS and the Host header write it: ASCII, lower case."""

    scheme: str
    host: str
    port: int
    path: str  # with its query

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    def check_port(self, allow: Allow) -> None:
        """Before any look-up: could this port be reached at all?"""
        if self.port not in PORTS.values() and self.port not in {port for _, port in allow}:
            raise self._port_refused()

    def judge(self, found: Sequence[str], allow: Allow) -> list[Address]:
        """The addresses behind this place, all of them fit to connect to. One that isn't spoils the rest."""
        addresses = [ipaddress.ip_address(each) for each in dict.fromkeys(found)]
        if not addresses:
            raise FetchRefused(
                "unknown_host",
                f"No server answers to the name {self.host}. Check the address for a slip.",
                passing=True,
            )
        for address in addresses:
            if (self.host, self.port) in allow or (str(address), self.port) in allow:
                continue
            if self.port not in PORTS.values():
                raise self._port_refused()
            if not is_public(address):
                raise FetchRefused(
                    "private_address",
                    f"{self.host} is inside a private network, and pictures are fetched from the public "
                    f"internet only. Use the picture's public address. {INSTEAD}",
                )
        return addresses

    def follow(self, location: str) -> Place:
        """Where a redirect leads."""
        try:
            place = parse(urljoin(self.url, location))
        except ValueError as error:
            raise _not_an_address() from error
        if self.scheme == "https" and place.scheme == "http":
            raise FetchRefused(
                "insecure_redirect",
                f"The secure address at {self.host} leads on to an insecure one (http://), where anybody on "
                f"the way could swap the picture. Use an address that stays with https://. {INSTEAD}",
            )
        return place

    def _port_refused(self) -> FetchRefused:
        return FetchRefused(
            "port",
            f"The address names the port {self.port}, and pictures are fetched from the web's usual ports "
            f"only. Take “:{self.port}” out of the address if it works without. {INSTEAD}",
        )


def parse(url: str) -> Place:
    """Take a URL apart, once and strictly; nothing beneath reads it again."""
    url = url.strip()
    if len(url) > LONGEST_URL:
        raise FetchRefused(
            "bad_url",
            f"The address has {len(url)} characters; {LONGEST_URL} are the most. "
            f"Copy the picture's own address. {INSTEAD}",
        )
    if _UNSEEN.search(url):
        raise _not_an_address()
    try:
        parts = urlsplit(url)
        port = parts.port
        if ("[" in parts.netloc) != (":" in (parts.hostname or "")):  # brackets are for IPv6 alone
            raise ValueError(parts.netloc)
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    except ValueError as error:
        raise _not_an_address() from error
    if parts.scheme not in PORTS:
        raise FetchRefused(
            "scheme",
            "A picture's address starts with https:// or http://. Copy the whole address of the picture, "
            f"from the browser's address bar for instance. {INSTEAD}",
        )
    if "@" in parts.netloc:
        raise FetchRefused(
            "credentials",
            "The address has a user name or password in it (before the @), and those are never sent. "
            f"Use an address that works without. {INSTEAD}",
        )
    return Place(
        scheme=parts.scheme,
        host=_host(parts.hostname or ""),
        port=PORTS[parts.scheme] if port is None else port,
        path=path,
    )


def _host(name: str) -> str:
    """The name in its one spelling. Numbers stay as written: what the resolver makes of them is judged."""
    name = name.removesuffix(".")
    try:
        if ":" in name:
            address = IPv6Address(name)
            if address.scope_id is None:
                return str(address)
        elif not name.isascii():
            name = idna.encode(name, uts46=True).decode("ascii")
    except ValueError as error:  # what ipaddress and idna raise are kinds of it
        raise _not_an_address() from error
    if not _NAME.fullmatch(name):
        raise _not_an_address()
    return name


def allow_list(setting: str) -> Allow:
    """FETCH_ALLOW ("intranet.example:8080,[fd00::7]:80") as pairs. Raises ValueError for anything else."""
    return frozenset(_pair(each.strip()) for each in setting.split(",") if each.strip())


def _pair(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    try:
        place = parse(f"http://{host}:{int(port)}/")
        if place.path != "/":  # somebody wrote a whole URL
            raise ValueError(place.path)
    except (FetchRefused, ValueError) as error:
        raise ValueError(f"FETCH_ALLOW is a list of host:port, and {entry!r} is not one.") from error
    return place.host, place.port


def look_up(host: str) -> list[str]:
    """What the system says, in its order of preference. Reads 127.1, 0x7f000001 and 2130706433 as well."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _not_an_address() -> FetchRefused:
    return FetchRefused(
        "bad_url",
        "This is not an address that can be fetched. Copy the whole address of the picture and paste it "
        f"once more. {INSTEAD}",
    )
