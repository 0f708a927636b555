"""What charts draw: days and lines; a day that we know nothing of is a gap, not a zero."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

from pins.analytics.figures import days_between, figures
from pins.models import Pin
from pins.rules import metrics

if TYPE_CHECKING:
    from accounts.models import Workspace


def workspace_chart(workspace: Workspace, *, last: date, days: int) -> dict[str, object]:
    """Impressions of the `days` days that end with `last`, and of as many before, dashed. One query."""
    figure = figures(workspace, last=last, days=days)[0]
    return {
        "unit": figure.label.lower(),
        "days": [day.isoformat() for day in days_between(last - timedelta(days=days - 1), last)],
        "series": [
            {"name": figure.label, "values": figure.series},
            {"name": f"{days} days before", "values": figure.series_before, "dashed": True},
        ],
    }


def pin_chart(pin: Pin, *, last: date, days: int) -> dict[str, object]:
    """A Pin's last days; a day we know nothing of is a gap, not a zero."""
    first = last - timedelta(days=days - 1)
    if pin.published_at is not None:
        first = max(first, pin.published_at.astimezone(UTC).date())
    rows = {row.day: row for row in pin.metrics.filter(day__range=(first, last))}
    span = list(days_between(first, last))
    return {
        "unit": "numbers",
        "days": [day.isoformat() for day in span],
        "series": [
            {
                "name": metric.label,
                "values": [getattr(rows[day], metric.name) if day in rows else None for day in span],
                "table_only": metric is not metrics.SHOWN[0],
            }
            for metric in metrics.SHOWN
        ],
    }
