"""Filters of the operator's lists; the operations page links to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from pins import operations
from pins.models.pin import PinQuerySet
from pins.operations import WINDOWS, WaitsFor

ANY: Final = "any"


class LateFilter(admin.SimpleListFilter):
    title = "being late"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            (ANY, "Late"),
            (WaitsFor.NOTHING.value, "Late, and waits for nothing"),
            (WaitsFor.NEXT_TRY.value, "Late, waits for its next try"),
            (WaitsFor.ACCOUNT.value, "Late, waits for its account"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None or chosen not in (ANY, *WaitsFor) or not isinstance(queryset, PinQuerySet):
            return queryset
        waits_for = None if chosen == ANY else WaitsFor(chosen)
        return operations.late(queryset, now=timezone.now(), waits_for=waits_for)


class Within(admin.SimpleListFilter):
    """Whether a time lies within the last minute, hour, day or week: subclasses name the field."""

    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("minute", "Last minute"),
            ("hour", "Last hour"),
            ("day", "Last 24 hours"),
            ("week", "Last 7 days"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        window: timedelta | None = WINDOWS.get(self.value() or "")
        if window is None:
            return queryset
        return queryset.filter(**{f"{self.field}__gt": timezone.now() - window})


class TouchedFilter(Within):
    title = "last change"
    parameter_name = "touched"
    field = "updated_at"


class OutFilter(Within):
    title = "when it went out"
    parameter_name = "out"
    field = "published_at"


class SettledFilter(Within):
    title = "when it was settled"
    parameter_name = "settled"
    field = "settled_at"
