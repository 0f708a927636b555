"""Invitations, and taking them back."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import invitations
from accounts.admin.actions import NotDone, act
from accounts.admin.lists import Listed
from accounts.models import (
    Invitation,
)
from accounts.models.invitation import InvitationQuerySet

TAKES_BACK: Final = "The link in the mail stops working at once. They can be invited again."


class InvitationStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("live", "Open"), ("over", "Ran out"), ("accepted", "Accepted"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not isinstance(queryset, InvitationQuerySet):
            return queryset
        now = timezone.now()
        match self.value():
            case "live":
                return queryset.live(now)
            case "over":
                return queryset.open().filter(expires_at__lte=now)
            case "accepted":
                return queryset.exclude(accepted_at=None)
            case "revoked":
                return queryset.exclude(revoked_at=None)
            case _:
                return queryset


@admin.register(Invitation)
class InvitationAdmin(Listed):
    """Only looked at: people are invited on the members page. The key is in the mail and nowhere else."""

    list_display = ("email", "workspace", "role", "invited_by", "sent_at", "expires_at", "state")
    list_filter = (InvitationStateFilter, "role")
    list_select_related = ("workspace", "invited_by")
    search_fields = ("email", "workspace__name", "workspace__slug", "invited_by__email")
    search_help_text = "Address, workspace, or who invited"
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("revoke",)
    fields = readonly_fields = (
        "email",
        "workspace",
        "role",
        "state",
        "invited_by",
        "created_at",
        "sent_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )

    def get_queryset(self, request: HttpRequest) -> InvitationQuerySet:
        return Invitation.objects.with_vouched().defer("key_hash").order_by("-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """For actions: they ask the verbs, which know what may be done."""
        return request.user.has_perm("accounts.change_invitation")

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at is not None:
            return "Accepted"
        if invitation.revoked_at is not None:
            return "Revoked"
        if not getattr(invitation, "vouched", True):
            return "Dead: its sender may no longer invite"
        return "Open" if invitation.expires_at > timezone.now() else "Ran out"

    @admin.action(description="Revoke: the link stops working", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: InvitationQuerySet) -> TemplateResponse | None:
        verb = partial(_take_back, now=timezone.now())
        return act(self, request, queryset, verb, noun="invitation", done="revoked", warning=TAKES_BACK)


def _take_back(invitation: Invitation, *, now: datetime) -> str:
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise NotDone("It was accepted or revoked before.")
    invitations.revoke(invitation, now=now)
    return f"Revoked: the invitation of {invitation.email} to {invitation.workspace}."
