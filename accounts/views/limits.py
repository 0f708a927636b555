"""What the account page says of Pinterest's limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts import quota
from accounts.models import PinterestAccount
from accounts.pinterest.client import Category

LABELS: Final[dict[Category, str]] = {
    "org_write": "Publishing and changes",
    "org_read": "Reading",
    "org_analytics": "Analytics",
}
SHORTEST: Final = 60  # seconds; what renews by the second is nothing to look at


@dataclass(frozen=True, slots=True)
class Row:
    """One window. `paused_until` is set where Pinterest asked for a pause of this kind of call."""

    label: str
    level: quota.Level
    renews_at: datetime | None
    paused_until: datetime | None = None


def rows(account: PinterestAccount, *, now: datetime) -> list[Row] | None:
    """Its own windows, then those it shares with all accounts of the app. None when Redis is silent."""
    standings = quota.standing(account)
    if standings is None:
        return None
    own: list[Row] = []
    shared: dict[str, Row] = {}
    for standing in standings:
        paused_until = now + standing.pause if standing.pause else None
        for level in standing.levels:
            renews_at = now + level.renews_in if level.renews_in else None
            if level.of_app:
                label = f"All accounts of your Pinterest app, {level.calls}"
                shared[level.name] = Row(label, level, renews_at)
            elif level.seconds >= SHORTEST:
                own.append(Row(LABELS[standing.category], level, renews_at, paused_until))
    return [*own, *shared.values()]
