"""Renew the tokens of an account, once however many workers ask; none that Pinterest hands out is lost."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from accounts import health, quota
from accounts.clock import now as shared_now
from accounts.fields import UndecryptableToken
from accounts.health import AccountUnusable, LostKey, NeedsReconnect
from accounts.models import Health, PinterestAccount
from accounts.pinterest import errors, oauth
from accounts.pinterest.types import TokenGrant

logger = logging.getLogger(__name__)

REFRESH_DEADLINE: Final = 15.0  # seconds for the call
REFRESH_LEASE: Final = timedelta(seconds=30)  # longer than the call and the storing of its answer
REFRESH_PATIENCE: Final = 20.0  # seconds that a caller waits for the one who refreshes
GLANCE: Final = 0.1  # seconds between two looks at the row meanwhile
# Seconds between tries to store a new pair while the database is away: over within the lease, even after the
# slowest call.
STORE_AGAIN: Final = (0.1, 0.4, 1.0, 2.0, 4.0, 4.0)


def renew(account: PinterestAccount, *, seen_version: int) -> None:
    """Replace the tokens of `seen_version`, by whomever: on return `account` holds newer ones.

    Pinterest kills the old refresh token as it hands out the new one, so only one caller may ask:

    1. Take the lease: an UPDATE that compares version and lease. Whoever loses waits for the winner (4).
    2. Ask Pinterest, no transaction open. Killed here, or no answer: the lease ends, the next one asks with
       the old refresh token; had Pinterest replaced it, that says "dead grant", and a person reconnects.
    3. Store the pair, comparing the version, before it is used. A reconnect meanwhile wins: ours is dropped.
    4. Losers re-read the row until the version changes or the lease ends, then begin again at 1.

    The lease goes by the shared clock of this moment, not by when its caller began: that may be minutes ago.
    Raises AccountUnusable (dead grant, lost key) or Unavailable (network, rate limit, nobody done in time).
    """
    health.check(account)
    began = time.monotonic()
    while time.monotonic() - began < REFRESH_PATIENCE:
        moment = shared_now()
        if _take_lease(account, seen_version, moment):
            account.refresh_from_db()
            return _refresh(account, moment)
        account.refresh_from_db()
        health.check(account)
        if account.token_version != seen_version:
            return None
        time.sleep(GLANCE)
    raise errors.Unavailable("Another worker is still renewing the tokens of this account.")


def refresh_due(*, now: datetime) -> int:
    """Renew all tokens that end within days; how many were. One that fails waits for the next tick."""
    renewed = 0
    for account in PinterestAccount.objects.due_for_refresh(now).filter(api_url=settings.PINTEREST_API_URL):
        try:
            renew(account, seen_version=account.token_version)
            renewed += 1
        except (AccountUnusable, errors.PinterestError) as no:
            logger.warning("account.not_renewed", extra={"account": account.pk, "why": type(no).__name__})
    return renewed


def _take_lease(account: PinterestAccount, version: int, now: datetime) -> bool:
    free = Q(refreshing_until=None) | Q(refreshing_until__lte=now)
    # The health too: who comes just after a dead grant was found must not ask again.
    rows = PinterestAccount.objects.filter(
        free, pk=account.pk, token_version=version, health__in=(Health.ACTIVE, Health.HELD)
    )
    return rows.update(refreshing_until=now + REFRESH_LEASE) == 1


def _refresh(account: PinterestAccount, now: datetime) -> None:
    """Steps 2 and 3, with the lease in hand."""
    version = account.token_version
    mine = PinterestAccount.objects.filter(pk=account.pk, token_version=version)
    try:
        if not account.refresh_token:
            raise errors.DeadGrant("There is no refresh token.")
        quota.take(account, "org_read")  # counted where there is room; a renewal never waits for it
        grant = oauth.refresh(
            account.refresh_token.reveal(),
            api_url=account.api_url,
            client_id=settings.PINTEREST_APP_ID,
            client_secret=settings.PINTEREST_APP_SECRET,
            deadline=REFRESH_DEADLINE,
        )
    except errors.DeadGrant as dead:
        health.needs_reconnect(account, now=now)
        mine.update(refreshing_until=None)
        raise NeedsReconnect(account) from dead
    except UndecryptableToken as lost:
        mine.update(refreshing_until=None)
        raise LostKey(account) from lost
    except errors.PinterestError as no:
        mine.update(refreshing_until=None)
        if isinstance(no, errors.Unavailable):
            raise
        # 429: it passes by itself, like an outage.
        raise errors.Unavailable(no.message, http_status=no.http_status, request_id=no.request_id) from no
    _store(mine, grant, now)
    account.refresh_from_db()


def _store(mine: Any, grant: TokenGrant, now: datetime) -> None:
    changes = columns(grant, now)
    if grant.scopes:
        changes["scopes"] = " ".join(grant.scopes)[:500]
    for pause in (*STORE_AGAIN, None):
        try:
            _write(mine, changes, now)
            return
        except (OperationalError, InterfaceError):
            # Pinterest has killed the old pair: with this one the connection would be lost.
            if pause is None or connection.in_atomic_block:
                raise
            logger.warning("account.not_stored")
            connection.close()
            time.sleep(pause)


def _write(mine: Any, changes: dict[str, Any], now: datetime) -> None:
    # Tokens and health together. Health, because another worker, after this one's lease had ended, may have
    # asked with the refresh token that we had used, and taken the no for the end of the grant.
    with transaction.atomic():
        cured = mine.filter(health=Health.NEEDS_RECONNECT).update(**health.well(now))
        stored = mine.update(token_version=F("token_version") + 1, refreshing_until=None, **changes)
    logger.info("account.renewed", extra={"stored": stored, "cured": cured})


def columns(grant: TokenGrant, now: datetime) -> dict[str, Any]:
    """Of an account, as a grant fills them."""
    return {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "access_expires_at": now + timedelta(seconds=grant.expires_in),
        "refresh_expires_at": now + timedelta(seconds=grant.refresh_expires_in),
    }


def reseal() -> tuple[int, list[str]]:
    """Encrypt all tokens anew with the newest key: how many accounts, and whose tokens no key opens.

    A pair that is renewed meanwhile is newer and sealed with the newest key already: the version tells.
    """
    done, unreadable = 0, []
    sealed = PinterestAccount.objects.exclude(access_token="", refresh_token="")
    for account in sealed.order_by("pk").iterator():
        try:
            pair = {
                "access_token": account.access_token.reveal(),
                "refresh_token": account.refresh_token.reveal(),
            }
        except UndecryptableToken:
            unreadable.append(f"@{account.username}")
            continue
        rows = PinterestAccount.objects.filter(pk=account.pk, token_version=account.token_version)
        done += rows.update(**pair)
    return done, unreadable
