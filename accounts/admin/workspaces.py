"""Workspaces and who is in them."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.admin.lists import Listed
from accounts.models import (
    Membership,
    Role,
    Workspace,
)


class OwnedFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # generic in its stub only
    """A workspace without an owner could never be ruled again."""

    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.is_valid()]
        if not any(row.get("role") == Role.OWNER for row in kept):
            raise ValidationError("A workspace needs an owner.")


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    model = Membership
    formset = OwnedFormSet
    extra = 0
    autocomplete_fields = ("user",)
    can_delete = False  # whoever is removed on the members page loses their API tokens too


@admin.register(Workspace)
class WorkspaceAdmin(Listed):
    """Its owner deletes it, on its settings page: what publishes must be stopped first."""

    list_display = (
        "name",
        "slug",
        "time_zone",
        "time_zone_confirmed",
        "people",
        "requires_second_factor",
        "created_at",
        "support",
    )
    list_filter = (
        "time_zone_confirmed",
        "requires_second_factor",
        ("accounts__health", admin.ChoicesFieldListFilter),
    )
    search_fields = ("name", "slug", "members__email", "accounts__username")
    search_help_text = "Name, slug, a member’s address, or an account"
    date_hierarchy = "created_at"
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        counted: QuerySet[Workspace] = super().get_queryset(request)
        return counted.annotate(people_count=Count("memberships", distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> tuple[str, ...]:
        """The slug stays, links hold it; the zone is confirmed by who lives in it."""
        fixed = ("time_zone", "time_zone_confirmed", "created_at", "support")
        return fixed if obj is None else ("slug", *fixed)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return False

    @admin.display(ordering="people_count")
    def people(self, workspace: Workspace) -> int:
        return int(getattr(workspace, "people_count", 0))

    @admin.display(description="support")
    def support(self, workspace: Workspace) -> str:
        if workspace._state.adding:
            return ""
        return format_html('<a href="{}">Look inside</a>', reverse("admin:support", args=[workspace.pk]))
