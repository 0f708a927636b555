"""The Queue: every Pin of the workspace, filtered by a GET form."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins.forms import NEEDS_YOU, OVERDUE, QueueFilter
from pins.models import Pin, Status, paging
from pins.schedule import agenda

PER_PAGE = 48
TABS = (Status.SCHEDULED, Status.DRAFT, Status.PUBLISHED, Status.FAILED, Status.NEEDS_REVIEW)


def _tabs(counts: dict[str, int], overdue: int, chosen: str) -> list[tuple[str, str, int]]:
    tabs = [(status.value, str(status.label), counts[status.value]) for status in TABS]
    tabs = [(OVERDUE, "Overdue", overdue), *tabs] if overdue else tabs
    if chosen != NEEDS_YOU:  # which only the first page leads to
        return tabs
    return [(NEEDS_YOU, "Needs you", counts["failed"] + counts["needs_review"] + overdue), *tabs]


@requires(Role.VIEWER)
def queue(request: WorkspaceRequest) -> HttpResponse:
    counts, overdue = agenda.standings(request.workspace)
    narrowed = QueueFilter(request.GET, queryset=Pin.objects.of(request.workspace), request=request)
    status = request.GET.get("status", "")
    page = paging.cut(
        narrowed.qs.in_time(timezone.now()),
        request.GET.get("cursor", ""),
        PER_PAGE,
        load=Pin.objects.with_parts(),
        count=narrowed.qs.counted,
    )
    return render(
        request,
        "pins/schedule/queue.html",
        {
            "nav": "queue",
            "filter": narrowed,
            "page": page,
            "layout": "table" if request.GET.get("layout") == "table" else "grid",
            "tabs": _tabs(counts, overdue, status),
            "total": sum(counts.values()),
            "status": status,
            "narrowed": any(request.GET.get(name) for name in ("q", "account", "board", "origin", "status")),
        },
    )
