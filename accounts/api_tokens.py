"""API tokens: issued once in plain text, found again by their hash."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q

from accounts.models import ApiToken, Role, User, Workspace
from accounts.models.token import PREFIX, digest

USED_EVERY: Final = timedelta(minutes=1)  # a busy script costs one write a minute, not one a call
LONGEST: Final = 100  # characters of a header worth hashing; ours have 46


def issue(user: User, workspace: Workspace, *, name: str) -> tuple[ApiToken, str]:
    """The token's row, and its plain text, which is nowhere kept."""
    plain = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, workspace=workspace, name=name[:80], token_hash=digest(plain), hint=plain[:8]
    )
    return token, plain


def authenticate(plain: str, *, now: datetime) -> ApiToken | None:
    """The live token with its user and workspace loaded and `role` set; None for any that may not come in.

    A token dies with its membership: the join finds nothing then.
    """
    if not plain.startswith(PREFIX) or len(plain) > LONGEST:
        return None
    token = (
        ApiToken.objects.live()
        .filter(
            token_hash=digest(plain),
            user__is_active=True,
            user__memberships__workspace=F("workspace"),
        )
        .annotate(role_found=F("user__memberships__role"))
        .select_related("user", "workspace")
        .first()
    )
    if token is None:
        return None
    role = Role.named(getattr(token, "role_found"))  # noqa: B009  # an annotation, unknown to the types
    if role is None:
        return None
    token.role = role
    _note_use(token, now)
    return token


def revoke(token: ApiToken, *, now: datetime) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
