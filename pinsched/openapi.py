"""The OpenAPI document: public, and written once a process. It says nothing of whoever asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pydantic_core
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from pinsched.api import api

KEPT_FOR: Final = 300  # seconds that a client may go by its copy without asking


@dataclass(frozen=True, slots=True)
class Document:
    content: bytes
    etag: str


@lru_cache(maxsize=1)
def written() -> Document:
    content = pydantic_core.to_json(api.get_openapi_schema())
    return Document(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _etag(request: HttpRequest) -> str:
    return written().etag


@require_safe
@condition(etag_func=_etag)
@cache_control(public=True, max_age=KEPT_FOR)
def document(request: HttpRequest) -> HttpResponse:
    return HttpResponse(written().content, content_type="application/json; charset=utf-8")
