"""What an account's windows of quota hold."""

from __future__ import annotations

from accounts import quota
from accounts.models import PinterestAccount


def counted(account: PinterestAccount) -> list[int]:
    """How many changes its windows have counted."""
    standings = quota.standing(account)
    assert standings
    levels = [level for one in standings if one.category == "org_write" for level in one.levels]
    return [level.used for level in levels if "org_write" in level.name]
