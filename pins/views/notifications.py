"""What this person was told: the bell on every page, the list, the way to the cure, marking it as read."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import WorkspaceRequest, requires
from accounts.middleware import WORKSPACE_KEY
from accounts.models import Membership, Role, User
from pins.models import Notification, paging
from pins.notifications import notify

PER_PAGE = 50


@require_GET
@requires(Role.VIEWER)
def inbox(request: WorkspaceRequest) -> HttpResponse:
    told = Notification.objects.copies_of(request.user, request.workspace)
    newest = paging.Stretch(told, ("created_at", "pk"), descending=True)
    page = paging.cut(
        [newest], request.GET.get("cursor", ""), PER_PAGE, load=told, count=lambda: paging.counted(told)
    )
    return render(request, "pins/notifications/list.html", {"nav": "notifications", "page": page})


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """Asked by every open page once a minute. Whoever was signed out meanwhile keeps what they are typing."""
    if getattr(request, "membership", None) is None:
        return HttpResponse(status=204)
    return render(request, "components/_bell.html")


@require_GET
@login_required
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """To the cure, from the list or a mail: in the workspace that it is about, whichever is open."""
    user = cast(User, request.user)
    told = get_object_or_404(Notification.objects.filter(receipts__user=user), pk=pk)
    if told.workspace_id:
        memberships: list[Membership] = getattr(request, "memberships", [])
        if told.workspace_id not in [membership.workspace_id for membership in memberships]:
            raise Http404
        request.session[WORKSPACE_KEY] = told.workspace_id
    notify.mark_read(user, told, now=timezone.now())
    return redirect(told)


@require_POST
@requires(Role.VIEWER)
def read_all(request: WorkspaceRequest) -> HttpResponse:
    notify.mark_all_read(request.user, request.workspace, now=timezone.now())
    return redirect("notifications")


@require_POST
@requires(Role.VIEWER)
def read(request: WorkspaceRequest, pk: int) -> HttpResponse:
    told = get_object_or_404(Notification.objects.copies_of(request.user, request.workspace), pk=pk)
    notify.mark_read(request.user, told, now=timezone.now())
    return redirect("notifications")
