"""The audit log: Django's own, made readable: each change, each action on each row. Nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from accounts.admin.lists import Listed


class AuditAdmin(Listed):
    list_display = ("when", "user", "deed", "kind", "row", "message")
    list_display_links = ("when",)
    list_filter = (
        "action_flag",
        ("content_type", admin.RelatedOnlyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "=object_id", "user__email")
    search_help_text = "Row, its id, message, or who did it"
    date_hierarchy = "action_time"
    ordering = ("-action_time", "-pk")
    list_per_page = 50
    show_full_result_count = False
    fields = ("when", "user", "deed", "kind", "row", "object_id", "message")

    @admin.display(description="when", ordering="action_time")
    def when(self, entry: LogEntry) -> str:
        return f"{entry.action_time:%Y-%m-%d %H:%M:%S} UTC"

    @admin.display(description="action", ordering="action_flag")
    def deed(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description="of", ordering="content_type")
    def kind(self, entry: LogEntry) -> str:
        return entry.content_type.name if entry.content_type else "something that is gone"

    @admin.display(description="row")
    def row(self, entry: LogEntry) -> str:
        kind = entry.content_type
        if entry.is_deletion() or kind is None:
            return entry.object_repr
        try:
            address = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[entry.object_id])
        except NoReverseMatch:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description="what was done")
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor with the person who is named: Django asks here before it deletes what hangs on a row."""
        return False
