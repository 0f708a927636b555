"""API tokens: never themselves, nor what they are hashed to."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import api_tokens
from accounts.admin.actions import NotDone, act
from accounts.admin.lists import Listed
from accounts.models import (
    ApiToken,
)

REVOKES: Final = "Scripts that use it are shut out at once; it can’t be given back."


@admin.register(ApiToken)
class ApiTokenAdmin(Listed):
    list_display = ("name", "hint", "user", "workspace", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("last_used_at", admin.EmptyFieldListFilter))
    date_hierarchy = "created_at"
    list_select_related = ("user", "workspace")
    search_fields = ("name", "hint", "user__email", "workspace__name")
    actions = ("revoke",)
    fields = readonly_fields = (
        "name",
        "hint",
        "user",
        "workspace",
        "created_at",
        "last_used_at",
        "revoked_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        found: QuerySet[ApiToken] = super().get_queryset(request)
        return found.defer("token_hash")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apitoken")

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False  # revoked ones stay, to be recognised

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> TemplateResponse | None:
        verb = partial(_revoke, now=timezone.now())
        return act(self, request, queryset, verb, noun="token", done="revoked", warning=REVOKES)


def _revoke(token: ApiToken, *, now: datetime) -> str:
    if token.revoked_at is not None:
        raise NotDone("It was revoked before.")
    api_tokens.revoke(token, now=now)
    return f"Revoked: {token.name} of {token.user}."
