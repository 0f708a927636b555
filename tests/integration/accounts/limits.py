"""What Pinterest says of its limits with an answer."""

from __future__ import annotations

from typing import Any

from accounts.pinterest.client import CallRecord, Category
from accounts.pinterest.limits import Limits, Window


def answer(
    *windows: Window,
    remaining: int | None = None,
    reset: float | None = None,
    limit: int | None = None,
    category: Category = "org_write",
    **more: Any,
) -> CallRecord:
    """A response. Its numbers are of the first window, unless `limit` names another."""
    bound = limit if limit is not None else windows[0].limit if windows else None
    return CallRecord("POST", category, 200, Limits(bound, remaining, reset, windows), "rid", 5, **more)


def window(name: str, limit: int, seconds: int = 60) -> Window:
    return Window(limit, seconds, name)


WRITES = window("org_write_app_id_user_id", 5)
