"""The second factor that a workspace demands: the switch, and the page of those who have none yet."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts import members, second_factor
from accounts.access import WorkspaceRequest, requires
from accounts.forms import SecondFactorForm
from accounts.models import Role
from accounts.views.workspace import show_settings


@require_POST
@requires(Role.ADMIN)
def demand(request: WorkspaceRequest) -> HttpResponse:
    form = SecondFactorForm(request.POST)
    form.full_clean()
    demanded = form.cleaned_data["required"]
    try:
        second_factor.demand(request.workspace, demanded=demanded, by=request.membership)
    except members.MayNot as no:
        form.add_error("required", no.message)
        return show_settings(request, factor=form)
    now = "asked for" if demanded else "no longer asked for"
    messages.success(request, f"A second factor is {now} in “{request.workspace.name}”.")
    return redirect("settings")


@login_required
def needed(request: HttpRequest) -> HttpResponse:
    """Where every page of the workspace leads who has none."""
    kept_out = cast("WorkspaceRequest", request).kept_out
    if kept_out is None:
        return redirect("home")
    return render(request, "accounts/second_factor_needed.html", {"kept_out": kept_out.workspace})
