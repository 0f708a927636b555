"""Whether an account can be used: in use, held, in need of a reconnect, disconnected. And why not, in words.

Every move is a compare-and-swap, so of many workers that find out the same one tells people.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Case, F, Value, When

from accounts.models import Health, PinterestAccount, Stop

logger = logging.getLogger(__name__)

# The operator's hold, for its people.
STOPPED: Final[dict[Stop, str]] = {
    Stop.OPERATOR: (
        "The person who runs this PinSched has put the account on hold. Ask them why before you end it."
    ),
    Stop.RESTORED: (
        "PinSched was restored from a backup. End the hold when the person who runs it says so: what is in "
        "the queue is then compared with Pinterest before anything is sent."
    ),
}


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


class OnHold(AccountUnusable):
    def __init__(self, account: PinterestAccount) -> None:
        super().__init__(account.health_code or "held", account.health_message or "The account is on hold.")


class BeingCompared(OnHold):
    """After a restore, for the seconds between the end of the hold and the looking."""

    def __init__(self, account: PinterestAccount) -> None:
        super().__init__(account)
        self.code = Stop.RESTORED.value
        self.message = "PinSched was restored from a backup, and looks on Pinterest before it sends anything."


def check_publishing(account: PinterestAccount) -> None:
    """Raises AccountUnusable, for a hold too: that stops what is published, not what is read."""
    if account.health == Health.HELD:
        raise OnHold(account)
    if account.known_until and account.is_active:
        raise BeingCompared(account)
    check(account)


def check(account: PinterestAccount) -> None:
    """Raises AccountUnusable."""
    if account.health == Health.DISCONNECTED:
        raise Disconnected(account)
    if account.health == Health.NEEDS_RECONNECT or not account.access_token:
        raise NeedsReconnect(account)
    if account.api_url != settings.PINTEREST_API_URL:
        raise WrongAddress(account)


def hold(
    account: PinterestAccount, *, code: str, message: str, now: datetime, of_these_tokens: bool = False
) -> bool:
    """Stop publishing with this account. True for the one caller that stopped it: who tells its people.

    `of_these_tokens`: the reason is what these tokens may do, so newer ones (a reconnect) are not held.
    """
    only = {"token_version": account.token_version} if of_these_tokens else {}
    return _move(account, {Health.ACTIVE}, Health.HELD, code=code, message=message, now=now, **only)


def stop(account: PinterestAccount, *, why: Stop, now: datetime) -> bool:
    """The operator's hold, whatever its health: it outlives reconnects. False if it has one."""
    held = {"health": Health.HELD, "health_code": why, "health_message": STOPPED[why]}
    active = {
        name: Case(When(health=Health.ACTIVE, then=Value(value)), default=F(name))
        for name, value in {**held, "health_changed_at": now}.items()
    }
    won = PinterestAccount.objects.filter(pk=account.pk, stopped="").update(stopped=why, **active)
    account.refresh_from_db()
    if won:
        logger.info("account.stopped", extra={"account": account.pk, "code": why})
    return bool(won)


def release(account: PinterestAccount, *, now: datetime) -> bool:
    """End a hold, because a person says that its reason is gone: the one that is shown. Behind one of
    Pinterest's the operator's may still stand; of an account that must be reconnected it ends too."""
    mine = PinterestAccount.objects.filter(pk=account.pk)
    held = mine.filter(health=Health.HELD)
    active = {"health": Health.ACTIVE, "health_code": "", "health_message": "", "health_changed_at": now}
    ended = (
        held.filter(health_code=F("stopped")).update(stopped="", **active)
        or held.update(**well(now))
        or mine.exclude(stopped="").update(stopped="")
    )
    account.refresh_from_db()
    if ended:
        logger.info("account.released", extra={"account": account.pk, "health": account.health})
    return bool(ended)


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


def well(now: datetime) -> dict[str, Any]:
    """The columns of an account that has nothing wrong: active, or on the operator's hold as long as that
    lasts."""
    words = [When(stopped=why, then=Value(message)) for why, message in STOPPED.items()]
    return {
        "health": Case(When(stopped="", then=Value(Health.ACTIVE)), default=Value(Health.HELD)),
        "health_code": F("stopped"),
        "health_message": Case(*words, default=Value("")),
        "health_changed_at": now,
    }
