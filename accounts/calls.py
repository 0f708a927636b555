"""Call Pinterest as one of our accounts: with a token that holds, within its quota, renewed once after a 401.

Tokens leave the database only inside a PinterestClient that is made here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from accounts import health, quota, renewal, skew
from accounts.fields import UndecryptableToken
from accounts.health import LostKey, NeedsReconnect
from accounts.models import PinterestAccount
from accounts.pinterest import client, errors
from accounts.pinterest.transport import DEADLINE

T = TypeVar("T")

REFRESH_MARGIN: Final = timedelta(minutes=5)  # an access token that ends sooner is not used for a new call
PATIENCE: Final = 1.5  # seconds that a call waits for its window: longer than the safety net's


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
    health.check(account)
    if account.access_ends_before(now + REFRESH_MARGIN):
        try:
            renewal.renew(account, seen_version=account.token_version)
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
        skew.heard(account.api_url, record.moment)
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


def ask(
    account: PinterestAccount,
    question: Callable[[client.PinterestClient], T],
    *,
    now: datetime,
    on_response: Callable[[client.CallRecord], None] | None = None,
    patience: float = PATIENCE,
    spare: float = 0.0,
) -> T:
    """What `question` gets with a fresh client. A 401 (nothing was made) renews the token and asks once more.

    `patience` and `spare` as for fresh_client.
    """

    def fresh() -> client.PinterestClient:
        return fresh_client(account, now=now, on_response=on_response, patience=patience, spare=spare)

    first, version = fresh(), account.token_version
    try:
        return question(first)
    except errors.AuthExpired:
        renewal.renew(account, seen_version=version)
    try:
        return question(fresh())
    except errors.AuthExpired as again:
        health.needs_reconnect(account, now=now)
        raise NeedsReconnect(account) from again
