"""Numbers of a published Pin: by UTC day, kept for ever, as Pinterest forgets them after 90; and of its life.

Every number may be null, which is "Pinterest didn't say", never 0. Sums pass it over. Which numbers there
are stands in `rules/metrics.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import Aggregate, Count, F, Q, Sum
from django.db.models.functions import Coalesce

from pins.rules import metrics
from pins.rules.metrics import Metric

if TYPE_CHECKING:
    from accounts.models import Workspace


def _all_known(of: Iterable[Metric]) -> Q:
    return Q(**{f"{metric.name}__isnull": False for metric in of})


def _sums(metric: Metric) -> dict[str, Sum]:
    """Of an average two, for whoever divides one by the other."""
    if not metric.weight:
        return {f"all_{metric.name}": Sum(metric.name)}
    return {
        f"all_{metric.name}": Sum(F(metric.name) * F(metric.weight)),
        f"weight_{metric.name}": Sum(metric.weight, filter=_all_known([metric])),
    }


# All there is to say of several rows; `summed` reads it.
SUMS: Final[dict[str, Aggregate]] = {
    "rows": Count("pk"),
    "final_rows": Count("pk", filter=Q(final=True)),
    **{name: found for metric in metrics.DAILY for name, found in _sums(metric).items()},
}


def summed(metric: Metric, sums: Mapping[str, Any]) -> int | None:
    """A number of several rows out of their SUMS: of no day at all 0, of days that don't say it unknown."""
    found = sums[f"all_{metric.name}"]
    if metric.weight:
        weight = sums[f"weight_{metric.name}"]
        return round(found / weight) if weight else None
    if found is None and (sums["rows"] or metric.of == "video"):
        return None
    return int(found or 0)


def _columns(of: Iterable[Metric]) -> dict[str, models.Field[Any, Any]]:
    return {metric.name: models.PositiveBigIntegerField(null=True, blank=True) for metric in of}


class DailyMetricQuerySet(models.QuerySet["DailyMetric"]):
    def of(self, workspace: Workspace) -> DailyMetricQuerySet:
        return self.filter(account__workspace=workspace)

    def between(self, first: date, last: date) -> DailyMetricQuerySet:
        """Both ends in."""
        return self.filter(day__range=(first, last))

    def by_day(self) -> models.QuerySet[DailyMetric, dict[str, Any]]:
        """Rows {day, impressions, …}: sums of all Pins, oldest day first."""
        rows: models.QuerySet[DailyMetric, Any] = self.order_by("day").values("day")
        return rows.annotate(**{metric.name: Sum(metric.name) for metric in metrics.SHOWN})

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
    locals().update(_columns(metrics.DAILY))
    # False while Pinterest says PROCESSING or ESTIMATE (a number may still grow), or leaves a number out.
    final = models.BooleanField(default=False)
    read_at = models.DateTimeField(help_text="When Pinterest first said it so.")

    objects = DailyMetricQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["pin", "day"], name="one_row_per_pin_and_day"),
            models.CheckConstraint(
                condition=Q(final=False) | _all_known(metrics.ALWAYS),
                name="final_numbers_are_known",
            ),
        )
        indexes = (
            # Home's chart reads the numbers out of the index alone.
            models.Index(
                fields=["account", "day"],
                include=[metric.name for metric in metrics.SHOWN],
                name="metric_totals",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pin_id} {self.day}"


class LifetimeMetric(models.Model):
    """What Pinterest counts since the Pin was made and says no day of."""

    pin = models.OneToOneField("pins.Pin", on_delete=models.CASCADE, related_name="lifetime")
    locals().update(_columns(metrics.LIFETIME))
    read_at = models.DateTimeField(help_text="When Pinterest first said it so.")

    def __str__(self) -> str:
        return str(self.pin_id)
