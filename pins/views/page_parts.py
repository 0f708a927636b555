"""What several pages are put together from. Plain data: components/_said.html and _action.html draw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence; with `at`, a UTC time stands in it, shown in the workspace's zone, and `rest` behind."""

    words: str
    at: datetime | None = None
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button: a link, or a form that posts."""

    words: str
    url: str
    icon: str = ""
    css: str = "btn-quiet"
    posts: bool = False
