"""The month, read-only: what went out and what is to come."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins.schedule import agenda

YEARS = range(2010, 2100)  # Pinterest opened in 2010


@requires(Role.VIEWER)
def month(request: WorkspaceRequest, year: int | None = None, month: int | None = None) -> HttpResponse:
    now = timezone.now()
    local = now.astimezone(request.workspace.zone)
    if year is None or month is None:
        year, month = local.year, local.month
    if year not in YEARS or month not in range(1, 13):
        raise Http404
    first = date(year, month, 1)
    weeks = agenda.month(request.workspace, year, month, now=now)
    days = [day for week in weeks for day in week if not day.is_outside]
    return render(
        request,
        "pins/schedule/month.html",
        {
            "nav": "calendar",
            "first": first,
            "before": _with_a_page(first - timedelta(days=1)),
            "after": _with_a_page(first + timedelta(days=31)),
            "is_this_month": (year, month) == (local.year, local.month),
            "weeks": weeks,
            "busy": [day for day in days if day.total],
            "total": sum(min(day.total, agenda.COUNTED_A_DAY) for day in days),
            "is_beyond": any(day.is_beyond for day in days),
            "now": local,
        },
    )


def _with_a_page(day: date) -> date | None:
    return day if day.year in YEARS else None
