"""Signing in with a password: how often it may be tried, and what the log says of it. The rest is allauth's.

Wrong passwords are counted for each person and network address together: who guesses locks out nobody but the
address that the guesses come from. Over all addresses a person has a wider bound, which one address alone can
not use up. Passkeys, and a new password by mail, let a person in at any time.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

APP: Final = "allauth.account"
ANYWHERE: Final = "login_failed_anywhere"  # beside allauth's "login_failed" in ACCOUNT_RATE_LIMITS


class SignInAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        anywhere = ratelimit.consume(request, app=APP, action=ANYWHERE, key=_person(credentials))
        if not anywhere:
            raise self.validation_error("too_many_login_attempts")
        # Given back with allauth's own when the password was right.
        self._login_failed_rl_usage.usage += anywhere.usage

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{_person(credentials)} from {ratelimit.get_ip(request)}"

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """After a new password was set by mail."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        ratelimit.clear(request, app=APP, action=ANYWHERE, key=_person(credentials))

    def validation_error(self, code: str, *args: object) -> Any:
        if code == "too_many_login_attempts":
            logger.warning("sign_in.throttled")
        return super().validation_error(code, *args)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        # Asked for strangers as well: both take the same time.
        address = EmailAddress.objects.filter(email=_person(credentials)).first()
        who = address.user_id if address else None
        logger.warning("sign_in.refused", extra={"user": who, "address": self.get_client_ip(request)})

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse:
        logger.info("sign_in.done", extra={"user": user.pk, "address": self.get_client_ip(request)})
        answer: HttpResponse = super().post_login(request, user, **more)
        return answer


def _person(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", "")).lower()
