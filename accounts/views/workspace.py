"""The workspace itself: its settings, a new one, changing between them."""

from __future__ import annotations

from typing import Final, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts import members, second_factor
from accounts.access import WorkspaceRequest, requires
from accounts.forms import NewWorkspaceForm, SecondFactorForm, TimeZoneForm, WorkspaceForm
from accounts.middleware import WORKSPACE_KEY
from accounts.models import Role, User, Workspace

NAV: Final = "settings"


@requires(Role.VIEWER, to_post=Role.ADMIN)
def settings_page(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.workspace
    present = {"name": workspace.name, "time_zone": workspace.time_zone}
    form = WorkspaceForm(request.POST or None, initial=present)
    if form.is_valid():
        members.change_workspace(workspace, **form.cleaned_data)
        messages.success(request, "The workspace’s settings are saved.")
        return redirect("settings")
    return show_settings(request, form=form)


def show_settings(
    request: WorkspaceRequest, *, form: WorkspaceForm | None = None, factor: SecondFactorForm | None = None
) -> HttpResponse:
    """All of the page, with the form that was sent as it was sent."""
    workspace = request.workspace
    present = {"name": workspace.name, "time_zone": workspace.time_zone}
    without = workspace.memberships.exclude(user__in=second_factor.owners_of_one(workspace))
    shown = {
        "nav": NAV,
        "form": form or WorkspaceForm(initial=present),
        "factor": factor or SecondFactorForm(initial={"required": workspace.requires_second_factor}),
        "without_factor": without.count(),
    }
    failed = (form and form.errors) or (factor and factor.errors)
    return render(request, "accounts/settings.html", shown, status=422 if failed else 200)


@require_POST
@requires(Role.ADMIN)
def confirm_time_zone(request: WorkspaceRequest) -> HttpResponse:
    """From the banner on the home page: yes, this is our zone."""
    form = TimeZoneForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no time zone of this name. Choose one from the list.")
        return redirect("settings")
    members.confirm_time_zone(request.workspace, **form.cleaned_data)
    messages.success(request, f"Times are in {request.workspace.time_zone.replace('_', ' ')}.")
    return redirect("home")


@login_required
def new_workspace(request: HttpRequest) -> HttpResponse:
    form = NewWorkspaceForm(request.POST or None)
    if form.is_valid() and (workspace := _made(request, form)):
        request.session[WORKSPACE_KEY] = workspace.pk
        messages.success(request, f"“{workspace.name}” is ready.")
        return redirect("home")
    shown = {"nav": NAV, "form": form}
    return render(request, "accounts/new_workspace.html", shown, status=422 if form.errors else 200)


def _made(request: HttpRequest, form: NewWorkspaceForm) -> Workspace | None:
    """None when the form says why not."""
    try:
        return members.create_workspace(cast(User, request.user), **form.cleaned_data)
    except members.TooMany as no:
        form.add_error("name", no.message)
        return None


@require_POST
@login_required
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Another workspace of this person's; anybody else's is a 404. Whether it lets them in is asked there."""
    mine = cast("WorkspaceRequest", request).memberships
    found = [member.workspace for member in mine if member.workspace.slug == slug]
    if not found:
        raise Http404("No such workspace")
    request.session[WORKSPACE_KEY] = found[0].pk
    return redirect("home")
