"""API tokens: what a script shows at `/api/v1`. Only the hash is kept."""

from __future__ import annotations

import hashlib

from django.db import models

from accounts.models.workspace import Role

PREFIX = "ps_"


def digest(plain: str) -> str:
    """SHA-256 is enough: the token is 32 random bytes, not a password."""
    return hashlib.sha256(plain.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self) -> ApiTokenQuerySet:
        return self.filter(revoked_at=None)


class ApiToken(models.Model):
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="api_tokens")
    # The token may do what this person's role in the workspace may do, and dies with the membership.
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The first letters, to tell tokens apart.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    # What its person may do in its workspace; tokens.authenticate sets it, the column is the membership's.
    role: Role = Role.VIEWER

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
