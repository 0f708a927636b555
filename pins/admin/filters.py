"""Filters of the operator's lists; the operations page links to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import PinterestAccount
from pins import operations
from pins.models.pin import PinQuerySet
from pins.operations import WINDOWS, WaitsFor

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ANY: Final = "any"
RECENT: Final = 2_000  # rows; enough to show what is going on


class LateFilter(admin.SimpleListFilter):
    title = "being late"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            (ANY, "Late"),
            (WaitsFor.NOTHING.value, "Late, and waits for nothing"),
            (WaitsFor.NEXT_TRY.value, "Late, waits for its next try"),
            (WaitsFor.ACCOUNT.value, "Late, waits for its account"),
            (WaitsFor.PERSON.value, "Late, waits for its people"),
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


class CreatedFilter(Within):
    title = "when it was made"
    parameter_name = "created"
    field = "created_at"


class OutFilter(Within):
    title = "when it went out"
    parameter_name = "out"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        window = WINDOWS.get(self.value() or "")
        if window is None or not isinstance(queryset, PinQuerySet):
            return queryset
        return operations.out_since(queryset, timezone.now() - window)


class SettledFilter(Within):
    title = "when it was settled"
    parameter_name = "settled"
    field = "settled_at"


class ChosenFilter(admin.RelatedFieldListFilter):
    """Shows the one that a link or the search led to: a list of all would be longer than the page."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str | _StrPromise]]:
        chosen = self.lookup_val[-1] if self.lookup_val else ""
        if not chosen or not chosen.isdecimal():
            return []
        rows = PinterestAccount.objects.defer("access_token", "refresh_token").filter(pk=int(chosen))
        return [(str(row.pk), str(row)) for row in rows]

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class RecentFilter(admin.AllValuesFieldListFilter):
    """The values that the latest rows have: those of all would be read anew for each page."""

    def __init__(self, field: Any, request: HttpRequest, *rest: Any, **more: Any) -> None:
        super().__init__(field, request, *rest, **more)
        latest = field.model._default_manager.order_by("-pk").values(field.name)[:RECENT]
        values = {row[field.name] for row in latest}
        self.lookup_choices = sorted(  # type: ignore[assignment]  # it is only ever gone through
            values, key=lambda value: (value is not None, str(value))
        )
