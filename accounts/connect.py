"""The life of a connection: made, refreshed, held, released, ended. Boards are boards.py's.

The OAuth dance itself is allauth's (accounts/oauth); it ends in `finish`. Tokens leave this module only
inside a PinterestClient, which `fresh_client` makes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from accounts import quota
from accounts.clock import now as shared_now
from accounts.fields import UndecryptableToken
from accounts.models import Health, PinterestAccount, User, Workspace
from accounts.pinterest import client, errors, oauth
from accounts.pinterest.transport import DEADLINE
from accounts.pinterest.types import TokenGrant

logger = logging.getLogger(__name__)

T = TypeVar("T")

REFRESH_MARGIN: Final = timedelta(minutes=5)  # an access token that ends sooner is not used for a new call
REFRESH_DEADLINE: Final = 15.0  # seconds for the call
REFRESH_LEASE: Final = timedelta(seconds=30)  # longer than the call and the storing of its answer
REFRESH_PATIENCE: Final = 20.0  # seconds that a caller waits for the one who refreshes
GLANCE: Final = 0.1  # seconds between two looks at the row meanwhile
# Seconds between tries to store a new pair while the database is away: over within the lease, even after the
# slowest call.
STORE_AGAIN: Final = (0.1, 0.4, 1.0, 2.0, 4.0, 4.0)
PATIENCE: Final = 1.5  # seconds that a call waits for its window: longer than the safety net's


class AccountUnusable(Exception):
    """This account can't be used until a person acts; `message` says what to do, `code` is for the log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class WrongAddress(AccountUnusable):
    def __init__(self, account: PinterestAccount) -> None:
        super().__init__(
            "wrong_address",
            f"@{account.username} was connected at another address of Pinterest’s API than PinSched uses "
            "now. Its Pins wait until the person who runs PinSched changes PINTEREST_API_URL back; or "
            "connect it at the new address, and choose the new account and one of its boards for them.",
        )


class NeedsReconnect(AccountUnusable):
    def __init__(self, account: PinterestAccount) -> None:
        super().__init__(
            "needs_reconnect", f"Pinterest no longer lets PinSched in. Reconnect @{account.username}."
        )


class LostKey(AccountUnusable):
    def __init__(self, account: PinterestAccount) -> None:
        super().__init__(
            "lost_key",
            f"PinSched can’t read the permission of @{account.username} any more: no key in "
            "TOKEN_ENCRYPTION_KEYS opens it. Reconnect the account, or ask the person who runs PinSched to "
            "put the old key back.",
        )


class Disconnected(AccountUnusable):
    def __init__(self, account: PinterestAccount) -> None:
        super().__init__("disconnected", f"@{account.username} is disconnected. Connect it again to use it.")


# Settings ------------------------------------------------------------------------------------------------


def missing_settings() -> list[str]:
    """Names of the settings without which no account can be connected."""
    return [name for name in ("PINTEREST_APP_ID", "PINTEREST_APP_SECRET") if not getattr(settings, name)]


def callback_url() -> str:
    """What the Pinterest app must list, to the letter, as a redirect URI."""
    return f"{settings.BASE_URL}/accounts/pinterest/callback/"


def tier() -> str:
    """Which Pinterest the settings name: simulator, sandbox, production, or other."""
    if settings.SIMULATOR:
        return "simulator"
    if "://api-sandbox.pinterest.com" in settings.PINTEREST_API_URL:
        return "sandbox"
    return "production" if "://api.pinterest.com" in settings.PINTEREST_API_URL else "other"


# Begin and end -------------------------------------------------------------------------------------------


def finish(
    workspace: Workspace, user: User, grant: TokenGrant, *, now: datetime, deadline: float = DEADLINE
) -> PinterestAccount:
    """Store a new grant: a new account, or one that is connected again and thereby cured.

    Asks Pinterest whose grant it is (outside any transaction). Raises PinterestError when it doesn't say.
    """
    api_url = settings.PINTEREST_API_URL
    heard: list[client.CallRecord] = []
    who = client.PinterestClient(
        grant.access_token, api_url=api_url, deadline=deadline, on_response=heard.append
    ).user_account()
    changes: dict[str, Any] = {
        "username": who.username[:100],
        "name": who.name[:200],
        "kind": who.kind[:16],
        "follower_count": who.follower_count,
        "website": who.website if len(who.website) <= 2048 else "",
        "scopes": " ".join(grant.scopes)[:500],
        "connected_at": now,
        "connected_by": user,
        "refreshing_until": None,
        **_healthy(now),
        **_tokens(grant, now),
    }
    # Row and tokens together, so that nobody finds an account without tokens.
    with transaction.atomic():
        account, made = PinterestAccount.objects.get_or_create(
            workspace=workspace, pinterest_id=who.id, api_url=api_url, defaults={"connected_at": now}
        )
        PinterestAccount.objects.filter(pk=account.pk).update(token_version=F("token_version") + 1, **changes)
    account.refresh_from_db()
    for record in heard:  # only now it is known whose call it was
        quota.take(account, record.category)
        quota.learn(account, record)
    logger.info(
        "account.connected", extra={"workspace": workspace.pk, "account": account.pk, "again": not made}
    )
    return account


def disconnect(account: PinterestAccount, *, now: datetime) -> None:
    """Forget the tokens; boards, Pins and numbers stay. Pinterest has no call to hand a grant back."""
    PinterestAccount.objects.filter(pk=account.pk).update(
        access_token="",
        refresh_token="",
        access_expires_at=None,
        refresh_expires_at=None,
        refreshing_until=None,
        token_version=F("token_version") + 1,
        health=Health.DISCONNECTED,
        health_code="",
        health_message="",
        health_changed_at=now,
    )
    account.refresh_from_db()
    logger.info("account.disconnected", extra={"account": account.pk})


# Health --------------------------------------------------------------------------------------------------


def hold(
    account: PinterestAccount, *, code: str, message: str, now: datetime, of_these_tokens: bool = False
) -> bool:
    """Stop publishing with this account. True for the one caller that stopped it: who tells its people.

    `of_these_tokens`: the reason is what these tokens may do, so newer ones (a reconnect) are not held.
    """
    only = {"token_version": account.token_version} if of_these_tokens else {}
    return _move(account, {Health.ACTIVE}, Health.HELD, code=code, message=message, now=now, **only)


def release(account: PinterestAccount, *, now: datetime) -> bool:
    """End a hold, because a person says that its reason is gone."""
    return _move(account, {Health.HELD}, Health.ACTIVE, code="", message="", now=now)


def needs_reconnect(account: PinterestAccount, *, now: datetime) -> bool:
    """Pinterest ended the grant. True for the one caller that found it out: who tells its people.

    Compares the token version too: an account that was connected again meanwhile is not touched.
    """
    no = NeedsReconnect(account)
    return _move(
        account,
        {Health.ACTIVE, Health.HELD},
        Health.NEEDS_RECONNECT,
        code=no.code,
        message=no.message,
        now=now,
        token_version=account.token_version,
    )


def _move(
    account: PinterestAccount,
    old: set[Health],
    new: Health,
    *,
    code: str,
    message: str,
    now: datetime,
    **also: object,
) -> bool:
    won = PinterestAccount.objects.filter(pk=account.pk, health__in=old, **also).update(
        health=new, health_code=code[:40], health_message=message[:500], health_changed_at=now
    )
    account.refresh_from_db()
    if won:
        logger.info("account.health", extra={"account": account.pk, "health": new.value, "code": code})
    return bool(won)


def _healthy(now: datetime) -> dict[str, Any]:
    return {"health": Health.ACTIVE, "health_code": "", "health_message": "", "health_changed_at": now}


def act_for(account: PinterestAccount, *, ad_account_id: str, now: datetime) -> str:
    """From now on every call acts for the owner of this ad account; "" ends that. Whose account it is then.

    Asks Pinterest first, so that a wrong id is found here and not by the next Pin. Raises AccountUnusable
    and PinterestError.
    """
    name = account.username
    if ad_account_id:
        name = fresh_client(account, now=now).user_account(ad_account_id=ad_account_id).username
    PinterestAccount.objects.filter(pk=account.pk).update(ad_account_id=ad_account_id)
    account.ad_account_id = ad_account_id
    logger.info("account.acts_for", extra={"account": account.pk, "ad_account": ad_account_id})
    return name


def space_overdue(account: PinterestAccount, *, minutes: int) -> None:
    """How far apart overdue Pins of this account leave after an outage."""
    PinterestAccount.objects.filter(pk=account.pk).update(catch_up_minutes=minutes)
    account.catch_up_minutes = minutes


# Tokens --------------------------------------------------------------------------------------------------


def fresh_client(
    account: PinterestAccount,
    *,
    now: datetime,
    deadline: float = DEADLINE,
    on_response: Callable[[client.CallRecord], None] | None = None,
    taken: client.Category | None = None,
    patience: float = PATIENCE,
    spare: float = 0.0,
) -> client.PinterestClient:
    """A client whose token holds for some minutes, renewed just now if need be; `account` is updated.

    Each of its calls is taken from the account's quota, but for those of the category `taken`: the caller
    has done so. A call waits up to `patience` seconds for its window, else raises RateLimited, unsent;
    `spare` is the share of a window that it leaves to others.

    Raises AccountUnusable when a person must act, Unavailable when Pinterest can't be asked just now.
    """
    _check(account)
    if account.access_ends_before(now + REFRESH_MARGIN):
        try:
            renew(account, seen_version=account.token_version)
        except errors.Unavailable:
            # The old token is good to its last minute: a refresh that fails early costs nothing.
            if account.access_ends_before(now + timedelta(seconds=deadline)):
                raise
    try:
        token = account.access_token.reveal()
    except UndecryptableToken as lost:
        raise LostKey(account) from lost
    return client.PinterestClient(
        token,
        api_url=account.api_url,
        ad_account_id=account.ad_account_id,
        deadline=deadline,
        on_response=_heard_by(account, on_response),
        before=_leave(account, taken=taken, patience=patience, spare=spare),
    )


def _heard_by(
    account: PinterestAccount, also: Callable[[client.CallRecord], None] | None
) -> Callable[[client.CallRecord], None]:
    def heard(record: client.CallRecord) -> None:
        quota.learn(account, record)
        if also:
            also(record)

    return heard


def _leave(
    account: PinterestAccount, *, taken: client.Category | None, patience: float, spare: float
) -> Callable[[client.Category], None]:
    def leave(category: client.Category) -> None:
        if category == taken:
            return
        if full := quota.take_within(account, category, patience=patience, spare=spare):
            raise errors.RateLimited(full.message, retry_after=full.wait.total_seconds())

    return leave


def call(
    account: PinterestAccount,
    ask: Callable[[client.PinterestClient], T],
    *,
    now: datetime,
    on_response: Callable[[client.CallRecord], None] | None = None,
    patience: float = PATIENCE,
    spare: float = 0.0,
) -> T:
    """What `ask` gets with a fresh client. A 401 (nothing was made) renews the token and asks once more.

    `patience` and `spare` as for fresh_client.
    """
    fresh = fresh_client(account, now=now, on_response=on_response, patience=patience, spare=spare)
    version = account.token_version
    try:
        return ask(fresh)
    except errors.AuthExpired:
        renew(account, seen_version=version)
    try:
        return ask(fresh_client(account, now=now, on_response=on_response, patience=patience, spare=spare))
    except errors.AuthExpired as again:
        needs_reconnect(account, now=now)
        raise NeedsReconnect(account) from again


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
    _check(account)
    began = time.monotonic()
    while time.monotonic() - began < REFRESH_PATIENCE:
        moment = shared_now()
        if _take_lease(account, seen_version, moment):
            account.refresh_from_db()
            return _refresh(account, moment)
        account.refresh_from_db()
        _check(account)
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


def _check(account: PinterestAccount) -> None:
    if account.health == Health.DISCONNECTED:
        raise Disconnected(account)
    if account.health == Health.NEEDS_RECONNECT or not account.access_token:
        raise NeedsReconnect(account)
    if account.api_url != settings.PINTEREST_API_URL:
        raise WrongAddress(account)


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
        needs_reconnect(account, now=now)
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
    changes = _tokens(grant, now)
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
        cured = mine.filter(health=Health.NEEDS_RECONNECT).update(**_healthy(now))
        stored = mine.update(token_version=F("token_version") + 1, refreshing_until=None, **changes)
    logger.info("account.renewed", extra={"stored": stored, "cured": cured})


def _tokens(grant: TokenGrant, now: datetime) -> dict[str, Any]:
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
