"""Begin and end a connection, and what people set of it. Boards are boards.py's.

The OAuth dance itself is allauth's (accounts/oauth); it ends in `finish`.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import calls, health, profile, quota, renewal, skew
from accounts.models import Health, PinterestAccount, User, Workspace
from accounts.pinterest import client
from accounts.pinterest.transport import DEADLINE
from accounts.pinterest.types import TokenGrant

logger = logging.getLogger(__name__)


class WorkspaceGone(Exception):
    """The workspace is being deleted, or is gone: nothing of it is revived."""


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

    Asks Pinterest whose grant it is (outside any transaction). Raises PinterestError when it doesn't say,
    WorkspaceGone when the workspace is being deleted.
    """
    api_url = settings.PINTEREST_API_URL
    heard: list[client.CallRecord] = []
    who = client.PinterestClient(
        grant.access_token, api_url=api_url, deadline=deadline, on_response=heard.append
    ).user_account()
    changes: dict[str, Any] = {
        **profile.columns(who),
        "scopes": " ".join(grant.scopes)[:500],
        "connected_at": now,
        "connected_by": user,
        "refreshing_until": None,
        **health.well(now),
        **renewal.columns(grant, now),
    }
    # Row and tokens together, so that nobody finds an account without tokens. The workspace is locked as it
    # is by whoever begins its deletion: that comes before this, and is seen here, or finds this account.
    with transaction.atomic():
        if not Workspace.objects.living().select_for_update(no_key=True).filter(pk=workspace.pk).first():
            raise WorkspaceGone
        account, made = PinterestAccount.objects.get_or_create(
            workspace=workspace, pinterest_id=who.id, api_url=api_url, defaults={"connected_at": now}
        )
        PinterestAccount.objects.filter(pk=account.pk).update(**_anew(), **changes)
    account.refresh_from_db()
    for record in heard:  # only now it is known whose call it was
        quota.take(account, record.category)
        quota.learn(account, record)
        skew.heard(api_url, record.moment)
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
        **_anew(),
        health=Health.DISCONNECTED,
        health_code="",
        health_message="",
        health_changed_at=now,
    )
    account.refresh_from_db()
    logger.info("account.disconnected", extra={"account": account.pk})


def _anew() -> dict[str, Any]:
    """The numbers that tell this connection from the last one, and its tokens."""
    return {"token_version": F("token_version") + 1, "connection": F("connection") + 1}


# What people set -------------------------------------------------------------------------------------------


def act_for(account: PinterestAccount, *, ad_account_id: str, now: datetime) -> str:
    """From now on every call acts for the owner of this ad account; "" ends that. Whose account it is then.

    Asks Pinterest first, so that a wrong id is found here and not by the next Pin. Raises AccountUnusable
    and PinterestError.
    """
    name = account.username
    if ad_account_id:
        name = calls.fresh_client(account, now=now).user_account(ad_account_id=ad_account_id).username
    PinterestAccount.objects.filter(pk=account.pk).update(ad_account_id=ad_account_id)
    account.ad_account_id = ad_account_id
    logger.info("account.acts_for", extra={"account": account.pk, "ad_account": ad_account_id})
    return name


def space_overdue(account: PinterestAccount, *, minutes: int) -> None:
    """How far apart overdue Pins of this account leave after an outage."""
    PinterestAccount.objects.filter(pk=account.pk).update(catch_up_minutes=minutes)
    account.catch_up_minutes = minutes
