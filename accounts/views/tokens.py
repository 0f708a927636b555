"""API tokens of the workspace: made, shown once, revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import api_tokens
from accounts.access import WorkspaceRequest, requires
from accounts.forms import TokenForm
from accounts.models import Role
from accounts.models.token import ApiTokenQuerySet
from accounts.views.workspace import NAV


@never_cache
@requires(Role.VIEWER)
def token_list(request: WorkspaceRequest) -> HttpResponse:
    """The new token is shown in the answer to the POST itself: kept anywhere, it could be found there."""
    form = TokenForm(request.POST or None)
    plain = ""
    if form.is_valid():
        _, plain = api_tokens.issue(request.user, request.workspace, **form.cleaned_data)
        form = TokenForm()
    shown = {"nav": NAV, "form": form, "plain": plain, "tokens": _visible(request)}
    return render(request, "accounts/tokens.html", shown, status=422 if form.errors else 200)


@require_POST
@requires(Role.VIEWER)
def revoke(request: WorkspaceRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(_visible(request), pk=pk)
    api_tokens.revoke(token, now=timezone.now())
    messages.success(request, f"“{token.name}” no longer opens anything.")
    return redirect("accounts:tokens")


def _visible(request: WorkspaceRequest) -> ApiTokenQuerySet:
    """A person's own; an admin sees everybody's."""
    everybody = request.membership.may(Role.ADMIN)
    found = request.workspace.api_tokens.live().select_related("user").order_by("-pk")
    return found if everybody else found.filter(user=request.user)
