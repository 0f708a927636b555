"""What Pinterest says of an account itself: names, picture, kind. Taken when it is connected, and daily."""

from __future__ import annotations

import logging
from typing import Any, Final

from accounts.models import PinterestAccount
from accounts.pinterest import errors, types
from accounts.pinterest.client import PinterestClient

logger = logging.getLogger(__name__)

LONGEST_URL: Final = 2048  # characters; the columns'. A longer address is none: cut, it would lead nowhere


def columns(who: types.UserAccount) -> dict[str, Any]:
    """Cut to the columns. What wasn't said is left out: what was known of it stays."""
    said: dict[str, Any] = {
        "username": who.username[:100],
        "kind": who.kind[:16],
        "follower_count": who.follower_count,
    }
    known = {name: value for name, value in said.items() if value not in ("", None)}
    return known | {
        "name": who.name[:200],
        "website": _address(who.website),
        "picture_url": _address(who.picture_url),
    }


def follow(client: PinterestClient, account: PinterestAccount) -> None:
    """Let our row say what Pinterest says. A refusal costs nothing else: what is known stays."""
    try:
        who = client.user_account()
    except errors.Refused as no:
        logger.warning("profile.refused", extra={"account": account.pk, "why": str(no)})
        return
    if who.id != account.pinterest_id:  # it acts for an ad account's owner, who is somebody else
        return
    said = columns(who)
    if any(getattr(account, name) != value for name, value in said.items()):
        PinterestAccount.objects.filter(pk=account.pk).update(**said)
        logger.info("profile.changed", extra={"account": account.pk})


def _address(url: str) -> str:
    return url if len(url) <= LONGEST_URL else ""
