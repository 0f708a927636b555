"""Opens the workspace a signed-in request is about, and its time zone; notes where a session is used from."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts import members, second_factor

WORKSPACE_KEY: Final = "workspace"  # in the session: the pk of the workspace that was opened last
SEEN_KEY: Final = "seen_at"  # in the session: when its row on the page of devices was last written
SINCE_KEY: Final = "signed_in_at"  # in the session: when it was first used signed in
# Seconds. However often it is used, a session ends; one that is not used ends by SESSION_COOKIE_AGE.
SIGNED_IN_FOR: Final = 90 * 24 * 60 * 60
SEEN_EVERY: Final = 300  # seconds; allauth's own middleware would write with each request


class WorkspaceMiddleware:
    """Sets `memberships`, `membership` and `workspace`: one query when signed in, none for anybody else.

    A workspace that demands a second factor isn't opened for who has none: it stands in `kept_out`, and to
    every page it is as if there were none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        request.memberships, request.membership, request.workspace = [], None, None
        request.kept_out = None
        if _is_signed_in(request):
            _note_device(request)
            request.memberships = members.memberships_of(request.user)
            opened = request.session.get(WORKSPACE_KEY)
            found = [member for member in request.memberships if member.workspace_id == opened]
            request.membership = next(iter(found or request.memberships), None)
        if request.membership and second_factor.keeps_out(request.membership.workspace, request.user):
            request.kept_out, request.membership = request.membership, None
        if request.membership:
            request.workspace = request.membership.workspace
        with timezone.override(request.workspace.zone) if request.workspace else nullcontext():
            return self.get_response(request)


def _is_signed_in(request: Any) -> bool:
    """Ends a session that has lasted for SIGNED_IN_FOR."""
    # Whoever shows no session cookie (scripts at the API) is not asked for one.
    if not (request.session.session_key and SESSION_KEY in request.session and request.user.is_authenticated):
        return False
    now = int(time.time())
    if now - request.session.setdefault(SINCE_KEY, now) < SIGNED_IN_FOR:
        return True
    logout(request)
    return False


def _note_device(request: Any) -> None:
    now = int(time.time())
    if now - request.session.get(SEEN_KEY, 0) >= SEEN_EVERY:
        request.session[SEEN_KEY] = now
        UserSession.objects.create_from_request(request)
