"""An invitation of one e-mail address into a workspace. Only the hash of its link's key is kept."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.models.token import digest
from accounts.models.workspace import Membership, Role

if TYPE_CHECKING:
    from accounts.models.user import User


def _vouched_for() -> Q:
    """Whoever sent it is switched on and may still invite to its role, into a workspace that stays.

    Subqueries, no joins: an UPDATE with a join would look for its rows first, and so compare what is old.
    """
    sender = Membership.objects.filter(
        workspace=OuterRef("workspace"),
        workspace__deleting_since=None,
        user=OuterRef("invited_by"),
        user__is_active=True,
    )
    found = Q()
    for rank in (role for role in Role if role.may(Role.ADMIN)):
        given = [role for role in Role if rank.may(role)]
        found |= Q(Exists(sender.filter(role=rank)), role__in=given)
    return found


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Neither taken nor taken back; it may have run out."""
        return self.filter(accepted_at=None, revoked_at=None)

    def live(self, now: datetime) -> InvitationQuerySet:
        return self.open().filter(_vouched_for(), expires_at__gt=now)

    def forsaken(self) -> InvitationQuerySet:
        """Open, but whoever sent them may no longer invite to that role."""
        return self.open().exclude(_vouched_for())

    def with_vouched(self) -> InvitationQuerySet:
        """Each knows whether it is `vouched` for."""
        return self.annotate(vouched=_vouched_for())

    def with_key(self, key: str) -> InvitationQuerySet:
        return self.filter(key_hash=digest(key))

    def for_address(self, email: str) -> InvitationQuerySet:
        return self.filter(email__iexact=email)

    def take(self, pk: int, user: User, *, now: datetime) -> bool:
        """Compare-and-swap: True for the one who takes it while it lives."""
        return self.live(now).filter(pk=pk).update(accepted_at=now, accepted_by=user) == 1

    def renew(
        self,
        pk: int,
        *,
        by: User,
        key_hash: str,
        expires_at: datetime,
        now: datetime,
        sent_before: datetime,
    ) -> bool:
        """Compare-and-swap: a new key and time, unless it was sent a moment ago. The older link is dead."""
        stale = self.open().filter(pk=pk, sent_at__lte=sent_before)
        return stale.update(invited_by=by, key_hash=key_hash, expires_at=expires_at, sent_at=now) == 1


class Invitation(models.Model):
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=8, choices=Role, default=Role.EDITOR)
    key_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "workspace",
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace} ({self.role})"
