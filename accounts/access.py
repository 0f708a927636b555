"""Who may see what: the decorator of every view, and what every template knows of the workspace."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from allauth.account.internal.flows import reauthentication
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Membership, Role

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User, Workspace

P = ParamSpec("P")


class WorkspaceRequest(HttpRequest):
    """What a view behind `@requires` is given: middleware.py has filled it, the decorator has checked it."""

    user: User
    workspace: Workspace
    membership: Membership
    memberships: list[Membership]
    kept_out: Membership | None
    htmx: HtmxDetails


View = Callable[Concatenate[WorkspaceRequest, P], HttpResponseBase]


def requires(
    role: Role, *, to_post: Role | None = None
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Let in whoever has this role, or a higher one, in the workspace that is open; `to_post` asks for more.

    Others: to sign-in and back; to their first workspace; to the page that asks for a second factor; or to
    one that says which role is needed.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return sign_in(request)
            membership: Membership | None = getattr(request, "membership", None)
            if membership is None:
                return _elsewhere(request)
            needed = to_post if to_post and request.method == "POST" else role
            if not membership.may(needed):
                return render(request, "accounts/no_role.html", {"needed": needed}, status=403)
            return view(cast("WorkspaceRequest", request), *args, **kwargs)

        return guarded

    return decorate


def _elsewhere(request: HttpRequest) -> HttpResponseBase:
    """No workspace is open: there is none, or it demands a second factor."""
    if cast("WorkspaceRequest", request).kept_out is None:
        return redirect("accounts:new_workspace")
    page = reverse("accounts:second_factor_needed")
    if cast("WorkspaceRequest", request).htmx:
        return HttpResponseClientRedirect(page)
    return redirect(page)


R = TypeVar("R", bound=HttpRequest)


def requires_recent_sign_in(
    view: Callable[Concatenate[R, P], HttpResponseBase],
) -> Callable[Concatenate[R, P], HttpResponseBase]:
    """For what can't be undone: the password, or a second factor, was shown within the last minutes.

    A form that was sent too late is shown again afterwards; what it said is not kept.
    """

    @wraps(view)
    def guarded(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if reauthentication.is_reauthentication_required(request, app="accounts"):
            if request.method == "POST":
                return redirect(request.path)
            raise ReauthenticationRequired  # allauth's middleware leads there and back
        return view(request, *args, **kwargs)

    return guarded


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back. A fragment's page as a whole goes there, not the fragment."""
    htmx = cast("WorkspaceRequest", request).htmx
    if htmx:
        there = htmx.current_url_abs_path or reverse("home")
        return HttpResponseClientRedirect(redirect_to_login(there).url)
    return redirect_to_login(request.get_full_path())


def workspace_context(request: HttpRequest) -> dict[str, Any]:
    """For templates. Costs no query: the middleware has read what there is."""
    memberships: list[Membership] = getattr(request, "memberships", [])
    membership: Membership | None = getattr(request, "membership", None)
    return {
        "workspace": membership.workspace if membership else None,
        "workspaces": [other.workspace for other in memberships],
        "role": membership.role if membership else "",
        "simulator_mode": settings.SIMULATOR,
        "signup_by_invitation": settings.SIGNUP == "invited",
    }
