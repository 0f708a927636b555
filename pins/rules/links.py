"""Where a Pin's link leads: what is mended as browsers would read it, and what is refused. No network.

`mended` changes nothing that can be seen, but for a scheme that stands there twice, its capitals, and a dot
at the end of the host. What Pinterest's and a browser's reading might tell apart is refused, and named.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna

from accounts import unseen

# Pinterest treats links through these as spam.
# fmt: off
SHORTENERS: Final = frozenset({
    "adf.ly", "bc.vc", "bit.do", "bit.ly", "bl.ink", "buff.ly", "clck.ru", "cutt.ly", "goo.gl", "is.gd",
    "j.mp", "lnkd.in", "ouo.io", "ow.ly", "q.gs", "rb.gy", "rebrand.ly", "s.id", "shorte.st",
    "shorturl.at", "soo.gd", "t.co", "t.ly", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im", "v.gd",
    "x.co",
})
# fmt: on

LONGEST: Final = 2048  # code points that Pinterest takes
_MOST_LABELS: Final = max(name.count(".") + 1 for name in SHORTENERS)
_HOST: Final = re.compile(r"[^\s.:/?#@%<>\"'(),;^`{|}\\]{1,63}(\.[^\s.:/?#@%<>\"'(),;^`{|}\\]{1,63})*\.?")
# All before the path, whatever unseen stands between the slashes.
_HEAD: Final = re.compile(rf"[^/?#\\]*(?:/[{unseen.UNSEEN}]*/[^/?#\\]*)?")
_NOTHING: Final = re.compile(f"[{unseen.UNSEEN}{unseen.BLANK}]")
_TWICE: Final = re.compile(r"\A(?:https?:/{0,2})+(?=https?://)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"\Ahttps?(?=://)", re.IGNORECASE)
_LAST_DOT: Final = re.compile(r"(?<=[^/.@])\.(?=(?::[0-9]+)?\Z)")
_BETWEEN: Final = r"\s/?#&=:.\\"  # a link's words end here
# Signs that a host may be drawn with besides letters, digits and pictures.
_IN_HOSTS: Final = frozenset("-_.\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d")


def mended(link: str) -> str:
    """As browsers read it: unseen characters at its ends and in its host are none of the address.

    One that is far too long is refused anyway, and only loses its ends.
    """
    link, before = _without_ends(unseen.in_lines(link)), ""
    while link != before and len(link) <= 2 * LONGEST:
        before, link = link, _once(link)
    return link


def _once(link: str) -> str:
    start, rest = _cut(link)
    link = _TWICE.sub("", unseen.without(start, marks=False) + rest)
    if not _SCHEME.match(link):
        return link
    start, rest = _cut(link)
    return _SCHEME.sub(lambda scheme: scheme[0].lower(), _LAST_DOT.sub("", start)) + rest


def _cut(link: str) -> tuple[str, str]:
    """Before the path, and from there on."""
    head = _HEAD.match(link)
    end = head.end() if head else 0
    return link[:end], link[end:]


def _without_ends(link: str) -> str:
    """What an emoji or a letter at the end is drawn with stays, and what turns the letters behind it."""
    start, end = 0, len(link)
    while start < end and _NOTHING.match(link[start]):
        start += 1
    while end > start and _NOTHING.match(link[end - 1]):
        end -= 1
    if start == end:
        return unseen.turning_in(link)
    last = unseen.without(link[end - 1] + unseen.without_turning(link[end:]), marks=False)
    return unseen.turning_in(link[:start]) + link[start : end - 1] + last


def problem(link: str) -> tuple[str, str] | None:
    """What is wrong with a link that isn't empty and has been mended: a code and a sentence."""
    if wrong := unwanted(link) or _blank(link):
        return wrong
    found = parts(link)
    if found is None or found.hostname is None:
        return "link_incomplete", _incomplete(link)
    if found.hostname in ("http", "https") or (found.netloc.endswith(":") and found.path.startswith("//")):
        return "link_twice", "The link has two beginnings. Leave one, as in https://example.com/page."
    if found.username is not None or found.password is not None:
        return (
            "link_credentials",
            "The link has a user name or password in it, which everyone would see. Remove it.",
        )
    if shortener := _shortener(found.hostname):
        return (
            "link_shortener",
            f"Pinterest blocks links shortened by {shortener} as spam. Use the page's full address.",
        )
    return None


def unwanted(link: str) -> tuple[str, str] | None:
    """What nobody sees, by its name: a code and a sentence."""
    at = unseen.turning(link)
    if at < 0:
        at = unseen.first(link)
    if at >= 0:
        where = unseen.place(link, at, between=_BETWEEN)
        return "link_unseen", f"The link has {unseen.named(link[at])} {where}, which nobody sees. Remove it."
    return None


def _blank(link: str) -> tuple[str, str] | None:
    blank = re.search(r"[\s\u2800\u3164\uffa0]", link)
    if blank is None:
        return None
    if blank[0] == " ":
        return "link_blank", "The link has a blank in it. Remove it, or write it as %20."
    where = unseen.place(link, blank.start(), between=_BETWEEN)
    return "link_blank", f"The link has {unseen.named(blank[0])} {where}. Remove it."


def _incomplete(link: str) -> str:
    if "\\" in link:
        return r"The link has a backslash (\). Web addresses are written with / instead."
    if "%" in link.partition("://")[2].partition("/")[0]:
        return (
            "The link’s host has a % in it. Write the host as people read it, like https://example.com/page."
        )
    return "This is not a complete web address. It looks like https://example.com/page."


def parts(link: str) -> SplitResult | None:
    """Those of an http(s) address with a host and a port that make sense; browsers read \\ as /.

    None of a longer one than Pinterest takes: taking it apart puts accents in order, which takes the square
    of their number.
    """
    if len(link) > LONGEST:
        return None
    try:
        found = urlsplit(link)
        host = found.hostname or ""
        sensible = found.port != 0 and found.scheme in ("http", "https") and "\\" not in link
    except ValueError:
        return None
    if not sensible or not host:
        return None
    return found if "[" in found.netloc or (_HOST.fullmatch(host) and _is_sound(host)) else None


def _is_sound(host: str) -> bool:
    """Whether browsers know this host, and it is drawn with what hosts are drawn with."""
    plain = host.isascii() and "xn--" not in host
    return plain or all(map(_is_sound_label, host.rstrip(".").split(".")))


def _is_sound_label(label: str) -> bool:
    if label.isascii() and not label.startswith("xn--"):
        return True
    try:
        plain = label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
        read = idna.uts46_remap(plain, std3_rules=False)
    except (UnicodeError, idna.IDNAError):
        return False
    if label.startswith("xn--") and (plain.isascii() or read != plain):
        return False
    return all(
        char in _IN_HOSTS or unicodedata.category(char)[0] in "LMN" or _is_picture(char) for char in read
    )


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or char == "\ufe0f"


def _shortener(host: str) -> str | None:
    try:
        read = host if host.isascii() else idna.uts46_remap(host, std3_rules=False)
    except idna.IDNAError:
        return None  # of an address in numbers
    labels = read.rstrip(".").split(".")
    ends = (".".join(labels[-count:]) for count in range(1, _MOST_LABELS + 1))
    return next((name for name in ends if name in SHORTENERS), None)
