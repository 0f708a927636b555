"""What a Pin may link to: web addresses, but not those that hide where they lead."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from pinsched.simulator import shapes
from pinsched.simulator.replies import SPAM_LINK_MESSAGE, invalid

# Pinterest's help names the practice, not a list; these are the shorteners people do use.
SHORTENERS: Final = frozenset(
    {
        *("bit.ly", "bitly.com", "buff.ly", "cutt.ly", "dlvr.it", "goo.gl", "ift.tt", "is.gd", "lnkd.in"),
        *("ow.ly", "rb.gy", "rebrand.ly", "s.id", "short.io", "shorturl.at", "soo.gd", "t.co", "t.ly"),
        *("tiny.cc", "tinyurl.com", "trib.al", "v.gd"),
    }
)
HOST: Final = re.compile(r"[^\s/?#@]+\.[^\s/?#@.]{2,}|localhost", re.IGNORECASE)


def checked(link: str | None, where: str = "body.link") -> str | None:
    """The link as it came; raises when Pinterest would not have it."""
    if link is None:
        return None
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host):
        raise shapes.violation(where, f"{shapes.shown(link)} is not a URL")
    if host.removeprefix("www.") in SHORTENERS:
        raise invalid(SPAM_LINK_MESSAGE)
    return link
