"""Invitations: what its link shows, accepting it; sending it again and taking it back."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import invitations, members
from accounts.access import WorkspaceRequest, requires
from accounts.middleware import WORKSPACE_KEY
from accounts.models import Invitation, Role, User
from accounts.signup import INVITATION_KEY


@never_cache
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """For everybody who has the link. A stranger is led to sign-up or sign-in; POST joins."""
    found = invitations.find(key, now=timezone.now())
    if found is None:
        return _gone(request)
    if not request.user.is_authenticated:
        request.session[INVITATION_KEY] = key
        known = User.objects.filter(email__iexact=found.email).exists()
        return render(request, "accounts/invitation.html", {"invitation": found, "known": known})
    if request.method == "POST":
        return _join(request, found)
    mine = invitations.is_for(found, request.user)
    return render(request, "accounts/invitation.html", {"invitation": found, "mine": mine})


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    try:
        invitations.accept(found, cast("User", request.user), now=timezone.now())
    except invitations.Gone:
        return _gone(request)
    except members.TooMany as no:
        shown = {"invitation": found, "mine": True, "refusal": no.message}
        return render(request, "accounts/invitation.html", shown, status=422)
    except members.MayNot:
        return render(request, "accounts/invitation.html", {"invitation": found, "mine": False}, status=403)
    request.session[WORKSPACE_KEY] = found.workspace_id
    messages.success(request, f"You are in “{found.workspace.name}” now.")
    return redirect("home")


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/invitation_gone.html", status=404)


@require_POST
@requires(Role.ADMIN)
def send_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(request.workspace.invitations.open(), pk=pk)
    try:
        invitations.send_again(found, by=request.membership, now=timezone.now())
    except members.MayNot as no:
        messages.error(request, no.message)
    else:
        messages.success(request, f"A new invitation is on its way to {found.email}.")
    return redirect("accounts:members")


@require_POST
@requires(Role.ADMIN)
def revoke(request: WorkspaceRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(request.workspace.invitations.open(), pk=pk)
    invitations.revoke(found, now=timezone.now())
    messages.success(request, f"The invitation of {found.email} is taken back; its link is dead.")
    return redirect("accounts:members")
