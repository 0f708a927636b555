"""The operator's view of the pipeline. Looked at, not edited: what a Pin says is its people's business, and
its status moves only through the verbs, which the actions call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from pins import doors, schedule
from pins.errors import Invalid, WrongState
from pins.models import Attempt, DailyMetric, Media, Pin, PinMedia
from pins.models.pin import PinQuerySet


class LookedAt(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    """Every field, none to change. Tables grow large here: no count of all rows."""

    show_full_result_count = False
    list_per_page = 50

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(field.name for field in self.model._meta.fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LookedAtInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class AttemptInline(LookedAtInline):
    model = Attempt
    fields = ("state", "started_at", "sent_at", "settled_at", "http_status", "code", "message", "request_id")


class PinMediaInline(LookedAtInline):
    model = PinMedia
    fields = ("media", "position")


@admin.register(Pin)
class PinAdmin(LookedAt):
    list_display = (
        "__str__",
        "status",
        "account",
        "board",
        "workspace",
        "publish_at",
        "published_at",
        "reason",
    )
    list_filter = ("status", "origin", "kind", ("account", admin.RelatedOnlyFieldListFilter), "reason_code")
    list_select_related = ("account", "board", "workspace")
    search_fields = ("title", "link", "=pinterest_id", "account__username", "workspace__slug", "=id")
    search_help_text = "Title, link, Pinterest’s id, account, workspace’s slug, or our id"
    date_hierarchy = "publish_at"
    ordering = ("-pk",)
    inlines = (PinMediaInline, AttemptInline)
    actions = ("retry", "hold")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pin]:
        found: QuerySet[Pin] = super().get_queryset(request)
        return found.defer("account__access_token", "account__refresh_token")

    @admin.display(ordering="reason_code")
    def reason(self, pin: Pin) -> str:
        return pin.reason_message or pin.reason_code

    @admin.action(description="Retry: queue failed Pins again, now", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: PinQuerySet) -> None:
        now = timezone.now()
        if self._each(request, queryset, lambda pin: schedule.retry(pin, now=now), done="queued again"):
            doors.nudge_dispatcher()

    @admin.action(description="Hold: take scheduled Pins out of the queue", permissions=["change"])
    def hold(self, request: HttpRequest, queryset: PinQuerySet) -> None:
        self._each(request, queryset, schedule.unschedule, done="held as drafts")

    def _each(
        self, request: HttpRequest, queryset: PinQuerySet, verb: Callable[[Pin], None], *, done: str
    ) -> int:
        """Run the verb on each, one refusal stopping no other; say what was done, and what not and why."""
        count, refused = 0, Counter[str]()
        for pin in queryset.with_parts():
            try:
                verb(pin)
            except WrongState as no:
                refused[no.message] += 1
            except Invalid as no:
                refused[" ".join(problem.message for problem in no.problems)] += 1
            else:
                count += 1
                self.log_change(request, pin, f"Action: {done}.")
        if count:
            self.message_user(request, f"{_pins(count)} {done}.")
        for why, many in refused.items():
            self.message_user(request, f"{_pins(many)} not {done}: {why}", messages.WARNING)
        return count


@admin.register(Attempt)
class AttemptAdmin(LookedAt):
    list_display = (
        "id",
        "pin",
        "state",
        "started_at",
        "sent_at",
        "settled_at",
        "http_status",
        "code",
        "request_id",
    )
    list_filter = ("state", "http_status", "code")
    list_select_related = ("pin",)
    search_fields = ("=request_id", "=pin__pinterest_id", "pin__title", "message", "=pin__id")
    search_help_text = "Request id, Pinterest’s id, title, message, or the Pin’s id"
    date_hierarchy = "started_at"
    ordering = ("-pk",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Media)
class MediaAdmin(LookedAt):
    list_display = (
        "__str__",
        "workspace",
        "status",
        "content_type",
        "width",
        "height",
        "size_bytes",
        "created_at",
    )
    list_filter = ("status", "kind", "content_type", "reason_code")
    list_select_related = ("workspace",)
    search_fields = ("name", "=sha256", "workspace__slug", "=id")
    search_help_text = "File name, SHA-256, workspace’s slug, or id"
    date_hierarchy = "created_at"
    ordering = ("-pk",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DailyMetric)
class DailyMetricAdmin(LookedAt):
    list_display = ("day", "pin", "account", "impressions", "pin_clicks", "outbound_clicks", "saves", "final")
    list_filter = ("final", ("account", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("pin", "account")
    search_fields = ("=pin__pinterest_id", "pin__title", "account__username", "=pin__id")
    search_help_text = "Pinterest’s id, title, account, or the Pin’s id"
    date_hierarchy = "day"
    ordering = ("-day", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyMetric]:
        found: QuerySet[DailyMetric] = super().get_queryset(request)
        return found.defer("account__access_token", "account__refresh_token")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _pins(count: int) -> str:
    return "1 Pin" if count == 1 else f"{count} Pins"
