"""The two pages that can't be undone: both ask for the password again, and for a name typed out."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts import closing, enqueue, members
from accounts.access import WorkspaceRequest, requires, requires_recent_sign_in
from accounts.forms import TypedForm
from accounts.models import Role, User
from accounts.views.workspace import NAV


@requires(Role.OWNER)
@requires_recent_sign_in
def delete_workspace(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.workspace
    form = TypedForm(request.POST or None, expected=workspace.name)
    if form.is_valid():
        closing.begin(workspace, now=timezone.now())
        enqueue.deletion([workspace.pk])
        messages.success(request, f"“{form.expected}” is being deleted. It takes a few minutes.")
        return redirect("home")
    shown = {"nav": NAV, "form": form, "others": workspace.memberships.count() - 1}
    return render(request, "accounts/delete_workspace.html", shown, status=422 if form.errors else 200)


@login_required
@requires_recent_sign_in
def delete_account(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    form = TypedForm(request.POST or None, expected=user.email)
    if form.is_valid():
        try:
            enqueue.deletion(closing.delete_account(user, now=timezone.now()))
        except members.MayNot as no:
            form.add_error(None, no.message)
        else:
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("account_login")
    shown = {
        "nav": NAV,
        "form": form,
        "alone": closing.alone_in(user),
        "stuck": closing.needing_an_owner(user),
        "operator": closing.OPERATOR if closing.is_operator(user) else "",
    }
    return render(request, "accounts/delete_account.html", shown, status=422 if form.errors else 200)
