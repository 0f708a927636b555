"""Daily numbers of a published Pin, kept for ever: Pinterest forgets them after 90 days. Days are UTC.

Every number may be null, which is "Pinterest didn't say", never 0. Sums pass it over.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from accounts.models import Workspace

# What charts and the API speak of, in the order they are shown.
NUMBERS: Final = ("impressions", "pin_clicks", "outbound_clicks", "saves")
# All columns that hold a number of Pinterest's.
COUNTED: Final = (*NUMBERS, "video_views", "avg_watch_ms")

# All there is to say of several rows; the average is weighted, by whoever divides `watched` by `watches`.
SUMS: Final = {
    "watched": Sum(F("avg_watch_ms") * F("video_views")),
    "watches": Sum("video_views", filter=Q(avg_watch_ms__isnull=False)),
    "rows": Count("pk"),
    "final_rows": Count("pk", filter=Q(final=True)),
    "all_video_views": Sum("video_views"),
    **{f"all_{name}": Sum(name) for name in NUMBERS},
}


class DailyMetricQuerySet(models.QuerySet["DailyMetric"]):
    def of(self, workspace: Workspace) -> DailyMetricQuerySet:
        return self.filter(account__workspace=workspace)

    def between(self, first: date, last: date) -> DailyMetricQuerySet:
        """Both ends in."""
        return self.filter(day__range=(first, last))

    def by_day(self) -> models.QuerySet[DailyMetric, dict[str, Any]]:
        """Rows {day, impressions, …}: sums of all Pins, oldest day first."""
        rows: models.QuerySet[DailyMetric, Any] = self.order_by("day").values("day")
        return rows.annotate(**{name: Sum(name) for name in NUMBERS})

    def summed_by_day(self) -> models.QuerySet[Any, Any]:
        return self.values("day").annotate(**SUMS)

    def summed_by_board(self) -> models.QuerySet[Any, Any]:
        """Board 0 is that of Pins without one."""
        return self.annotate(board=Coalesce("pin__board_id", 0)).values("board").annotate(**SUMS)

    def summed_by_pin(self) -> models.QuerySet[Any, Any]:
        return self.values("pin_id").annotate(**SUMS)


class DailyMetric(models.Model):
    pin = models.ForeignKey("pins.Pin", on_delete=models.CASCADE, related_name="metrics")
    # The Pin's own account, repeated here so that totals of an account need no join.
    account = models.ForeignKey("accounts.PinterestAccount", on_delete=models.CASCADE, related_name="metrics")
    day = models.DateField()
    impressions = models.PositiveBigIntegerField(null=True, blank=True)
    pin_clicks = models.PositiveBigIntegerField(null=True, blank=True)
    outbound_clicks = models.PositiveBigIntegerField(null=True, blank=True)
    saves = models.PositiveBigIntegerField(null=True, blank=True)
    video_views = models.PositiveBigIntegerField(null=True, blank=True)
    avg_watch_ms = models.PositiveBigIntegerField(null=True, blank=True)
    # False while Pinterest says PROCESSING or ESTIMATE (a number may still grow), or leaves a number out.
    final = models.BooleanField(default=False)
    read_at = models.DateTimeField(help_text="When Pinterest first said it so.")

    objects = DailyMetricQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["pin", "day"], name="one_row_per_pin_and_day"),
            models.CheckConstraint(
                condition=Q(final=False) | Q(**{f"{name}__isnull": False for name in NUMBERS}),
                name="final_numbers_are_known",
            ),
        )
        indexes = (
            # Home's chart reads the numbers out of the index alone.
            models.Index(
                fields=["account", "day"],
                include=["impressions", "pin_clicks", "outbound_clicks", "saves"],
                name="metric_totals",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pin_id} {self.day}"
