"""The first page: how the day stands, or the way to a first Pin."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins.analytics import charts, figures
from pins.models import Pin
from pins.schedule import agenda

PERIOD = 7  # days of the figures, against as many before
CHART_DAYS = 28


@ensure_csrf_cookie
@requires(Role.VIEWER)
def home(request: WorkspaceRequest) -> HttpResponse:
    workspace, now = request.workspace, timezone.now()
    accounts = list(workspace.accounts.connected().with_board_counts())
    overview = agenda.overview(workspace, now=now)
    if not accounts or (overview.is_empty and not Pin.objects.of(workspace).exists()):
        return render(request, "pins/schedule/first_run.html", {"nav": "home", "accounts": accounts})
    local = now.astimezone(workspace.zone)
    last = now.date() - timedelta(days=1)
    return render(
        request,
        "pins/schedule/home.html",
        {
            "nav": "home",
            "now": local,
            "accounts": accounts,
            "ending": {each.pk for each in accounts if each.is_active and each.ends_soon(now)},
            "overview": overview,
            "figures": figures.figures(workspace, last=last, days=PERIOD),
            "chart": charts.workspace_chart(workspace, last=last, days=CHART_DAYS),
            "period": {
                "first": last - timedelta(days=PERIOD - 1),
                "last": last,
                "before_first": last - timedelta(days=2 * PERIOD - 1),
                "before_last": last - timedelta(days=PERIOD),
            },
        },
    )
