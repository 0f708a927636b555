"""A team's room: every other row hangs on one, and every query behind a door starts there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models

from accounts.models.zoned import Zoned

if TYPE_CHECKING:
    from accounts.models.user import User

DELETED_WITHIN: Final = timedelta(minutes=10)  # 10,000 Pins take seconds; files in a bucket take longer


class Role(models.TextChoices):
    """What a member may do; each role may do all that the ones after it may."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"

    @classmethod
    def named(cls, name: str) -> Role | None:
        """None for a word in the database that is no role: written by hand, or by a later release."""
        return cls(name) if name in cls.values else None

    def may(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) <= order.index(needed)


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of(self, user: User) -> WorkspaceQuerySet:
        return self.filter(memberships__user=user).order_by("name", "pk")

    def living(self) -> WorkspaceQuerySet:
        """Nobody has begun to delete them."""
        return self.filter(deleting_since=None)

    def left_over(self, now: datetime) -> WorkspaceQuerySet:
        """Their deletion was begun, and the message that ends it must have been lost."""
        return self.filter(deleting_since__lte=now - DELETED_WITHIN)


class Workspace(Zoned):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    # False until somebody said yes to the zone that was guessed from the browser.
    time_zone_confirmed = models.BooleanField(default=False)
    # Members who have none reach nothing of it but the page that says so.
    requires_second_factor = models.BooleanField(
        default=False, help_text="Members without a second factor are kept out until they set one up."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Set when somebody deletes it: from then on nobody is a member, and a worker takes the rest away.
    deleting_since = models.DateTimeField(null=True, blank=True, editable=False)
    members = models.ManyToManyField(
        "accounts.User", through="accounts.Membership", related_name="workspaces"
    )

    objects = WorkspaceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.EDITOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_per_person"),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace} ({self.role})"

    @property
    def rank(self) -> Role | None:
        return Role.named(self.role)

    def may(self, needed: Role) -> bool:
        """A role that is none may nothing."""
        return self.rank is not None and self.rank.may(needed)
