"""What to do about a no of Pinterest's, whatever was asked: hold the account, renew its token, wait.

What becomes of the attempt or the change itself is its own module's.
"""

from __future__ import annotations

import logging
import random
from datetime import datetime
from typing import Final

from accounts import health, renewal
from accounts.models import PinterestAccount
from accounts.pinterest import errors as pinterest

logger = logging.getLogger(__name__)

FIRST_DELAY: Final = 2.0  # seconds before the second try, doubled from try to try
LONGEST_DELAY: Final = 86_400.0

# What stops the whole account, and its cure.
HOLDS: Final[dict[type[pinterest.PinterestError], tuple[str, str]]] = {
    pinterest.Spam: (
        "spam",
        (
            "Pinterest took this account’s Pins for spam and refuses new ones, so publishing is on hold. "
            "Look into the account on Pinterest, wait a day, then end the hold."
        ),
    ),
    pinterest.Suspended: (
        "suspended",
        (
            "Pinterest has suspended or restricted this account, so publishing is on hold. Look into the "
            "account on Pinterest, or ask Pinterest; when it may post again, end the hold."
        ),
    ),
    pinterest.TrialTier: (
        "trial",
        (
            "The Pinterest app of this PinSched has Trial access only, and Pinterest takes no Pins from such "
            "an app, so publishing is on hold. The person who runs PinSched must ask Pinterest for Standard "
            "access, or set it up for Pinterest’s Sandbox; then end the hold."
        ),
    ),
    pinterest.MissingScope: (
        "scope",
        "This account no longer allows PinSched to make Pins. Reconnect it and allow all that is asked for.",
    ),
}
STOPS: Final = tuple(HOLDS)


def hold(account: PinterestAccount, error: pinterest.PinterestError, *, now: datetime) -> tuple[str, str]:
    """Stop the whole account for one of HOLDS; its code, and its words for people."""
    code, message = HOLDS[type(error)]
    # An answer to a call of the old tokens may come after the reconnect that has cured it.
    lacks = isinstance(error, pinterest.MissingScope)
    health.hold(account, code=code, message=message, now=now, of_these_tokens=lacks)
    return code, message


def reauthorise(account: PinterestAccount, *, again: bool, now: datetime) -> None:
    """A 401 although the token should be good: renew it. `again`, soon after that, ends the grant.

    Raises Unavailable when Pinterest could not be asked: an outage proves nothing.
    """
    if again:
        health.needs_reconnect(account, now=now)
        return
    try:
        renewal.renew(account, seen_version=account.token_version)
    except health.AccountUnusable:
        logger.warning("remedies.token_not_renewed", extra={"account": account.pk})


def backoff(earlier: int) -> float:
    """Seconds before the next try, after so many: doubled each time, spread by jitter."""
    delay = min(FIRST_DELAY * 2.0 ** min(earlier, 30), LONGEST_DELAY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311  # spreading, not secrecy
