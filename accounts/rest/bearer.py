"""Who calls: the token in `Authorization: Bearer …`, its rate and its role."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from accounts import api_tokens, second_factor
from accounts.models import ApiToken, Role
from accounts.rest import throttle
from accounts.rest.errors import ApiError, of_status

NEEDS_SECOND_FACTOR: Final = (
    "This workspace asks its members for a second factor, and the person of this token has none. Sign in and "
    "set one up under Two-factor sign-in; the token works again at once."
)


class ApiRequest(HttpRequest):
    """What a view behind Bearer is given. Everything it looks up starts at `auth.workspace`."""

    auth: ApiToken


class Bearer(HttpBearer):
    def __init__(self, role: Role) -> None:
        super().__init__()
        self.role = role

    def __call__(self, request: HttpRequest) -> ApiToken:
        scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != self.openapi_scheme:
            plain = ""
        return self.authenticate(request, plain.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        found = api_tokens.authenticate(token, now=timezone.now())
        if found is None:
            raise unauthorized()
        throttle.spend(found)
        if second_factor.keeps_out(found.workspace, found.user):
            raise ApiError(403, "second_factor", NEEDS_SECOND_FACTOR)
        if not found.role.may(self.role):
            raise ApiError(403, "role", f"This needs the role {self.role.label}; you are {found.role.label}.")
        return found


def unauthorized() -> ApiError:
    error = of_status(401)
    error.headers = {"WWW-Authenticate": "Bearer"}
    return error


viewer = Bearer(Role.VIEWER)
editor = Bearer(Role.EDITOR)
