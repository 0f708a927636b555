"""The three steps of Pinterest's OAuth 2: the consent address, code for tokens, old tokens for new ones."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import requests
from requests.auth import HTTPBasicAuth

from accounts.pinterest import errors, transport
from accounts.pinterest.types import TokenGrant
from accounts.pinterest.types.reading import storable

logger = logging.getLogger(__name__)

# Without these there is nothing PinSched could do; the secret ones only open secret boards.
NEEDED_SCOPES: Final = ("user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write")
SECRET_SCOPES: Final = ("boards:read_secret", "boards:write_secret", "pins:read_secret", "pins:write_secret")
SCOPES: Final = (*NEEDED_SCOPES, *SECRET_SCOPES)

ACCESS_LIFETIME: Final = 30 * 86_400  # seconds; Pinterest's, for an answer that doesn't say
REFRESH_LIFETIME: Final = 60 * 86_400  # seconds; of a continuous refresh token
LONGEST_LIFETIME: Final = 10 * 365 * 86_400  # seconds; more is a garbled number


def authorize_url(
    *, oauth_url: str, client_id: str, redirect_uri: str, state: str, scopes: Iterable[str] = SCOPES
) -> str:
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes),
        "state": state,
    }
    return f"{oauth_url}{'&' if '?' in oauth_url else '?'}{urlencode(query)}"


def exchange_code(
    code: str,
    *,
    api_url: str,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    deadline: float = transport.DEADLINE,
    session: requests.Session | None = None,
) -> TokenGrant:
    """Tokens for the code that the callback carried. A code serves once: any failure means starting over."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "continuous_refresh": "true",
    }
    answer = _post(api_url, client_id, client_secret, form, deadline, session)
    if not 200 <= answer.status < 300:
        raise errors.from_response(answer.status, answer.body, headers=answer.headers, is_write=True)
    return _grant(answer, previous=None)


def refresh(
    refresh_token: str,
    *,
    api_url: str,
    client_id: str,
    client_secret: str,
    deadline: float = transport.DEADLINE,
    session: requests.Session | None = None,
) -> TokenGrant:
    """A new pair for an old refresh token, which dies by it.

    DeadGrant: Pinterest said no (any 4xx but 408, 429 and those whose words say that it passes). RateLimited:
    wait. Unavailable: no answer that can be read, so try the same refresh token again; had the lost answer
    carried a new pair, that try says so.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "continuous_refresh": "true"}
    try:
        answer = _post(api_url, client_id, client_secret, form, deadline, session)
        if 200 <= answer.status < 300:
            return _grant(answer, previous=refresh_token)
    except errors.OutcomeUnknown as error:
        raise errors.Unavailable(
            error.message, http_status=error.http_status, request_id=error.request_id
        ) from error
    told = errors.from_response(
        answer.status, answer.body, headers=answer.headers, is_write=False, now=datetime.now(UTC)
    )
    if isinstance(told, errors.Spam | errors.Suspended):  # a block of logins passes; the grant outlives it
        raise errors.Unavailable(told.message, http_status=told.http_status, code=told.code)
    if 400 <= answer.status < 500 and not isinstance(told, errors.Unavailable | errors.RateLimited):
        raise errors.DeadGrant(
            told.message, http_status=told.http_status, code=told.code, request_id=told.request_id
        )
    raise told


def _post(
    api_url: str,
    client_id: str,
    client_secret: str,
    form: Mapping[str, str],
    deadline: float,
    session: requests.Session | None,
) -> transport.Answer:
    began = time.monotonic()
    status: int | None = None
    request_id = ""
    try:
        answer = transport.send(
            session or transport.shared_session(api_url),
            "POST",
            f"{api_url.rstrip('/')}/oauth/token",
            auth=HTTPBasicAuth(client_id.encode(), client_secret.encode()),
            form=form,
            deadline=deadline,
        )
        status, request_id = answer.status, answer.request_id
        return answer
    finally:
        logger.info(
            "pinterest.token",
            extra={
                "grant": form["grant_type"],
                "status": status,
                "pinterest_rid": request_id,
                "ms": round((time.monotonic() - began) * 1000),
            },
        )


def _grant(answer: transport.Answer, *, previous: str | None) -> TokenGrant:
    """The pair out of a 2xx answer. Without a new refresh token the one that was used lives on."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    access = told.get("access_token") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(access, str) or not access:
        raise errors.OutcomeUnknown(
            "Pinterest's answer holds no token.",
            http_status=answer.status,
            request_id=answer.request_id,
        )
    renewed = told.get("refresh_token")
    return TokenGrant(
        access_token=access,
        refresh_token=renewed if isinstance(renewed, str) and renewed else previous or "",
        expires_in=_seconds(told, "expires_in", ACCESS_LIFETIME),
        refresh_expires_in=_seconds(told, "refresh_token_expires_in", REFRESH_LIFETIME),
        scopes=_scopes(told.get("scope")),
    )


def _seconds(told: Mapping[str, Any], key: str, default: int) -> int:
    value = told.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LONGEST_LIFETIME:
        return default
    return int(value)


def _scopes(value: object) -> tuple[str, ...]:
    """As granted: separated by commas or spaces, or a list."""
    words = value if isinstance(value, list) else [value]
    texts = [storable(word) for word in words if isinstance(word, str)]
    found = [scope for each in texts for scope in re.split(r"[,\s]+", each) if scope]
    return tuple(dict.fromkeys(found))
