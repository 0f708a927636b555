"""Reads JSON bodies as strictly as they are documented: nothing is guessed or overwritten in silence."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from accounts.rest.errors import ApiError, of_status


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request)


def read_json(request: HttpRequest) -> Any:
    kind = request.content_type or ""
    if kind != "application/json" and not kind.endswith("+json"):
        raise of_status(415)
    try:
        return json.loads(
            request.body.decode("utf-8"), object_pairs_hook=_no_twins, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "The body is not valid JSON in UTF-8.") from None


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = {name: ["Given more than once."] for name in found if names.count(name) > 1}
        raise ApiError(422, "invalid", "Each field may be given once.", fields=twice)
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
