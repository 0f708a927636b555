"""Reads JSON bodies as strictly as they are documented: nothing is guessed or overwritten in silence."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from django.http import HttpRequest
from ninja.parser import Parser

from accounts.rest.errors import ApiError, of_status

MOST_NAMES: Final = 1000  # of one object, as in forms; the largest body that we document has some twenty
NAMED: Final = 20  # doubled fields that an answer names


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
        times = Counter(name for name, _ in pairs)
        twice = [name for name, count in times.items() if count > 1][:NAMED]
        wrong = {name: ["Given more than once."] for name in twice}
        raise ApiError(422, "invalid", "Each field may be given once.", fields=wrong)
    if len(found) > MOST_NAMES:
        raise ApiError(422, "invalid", f"An object may have {MOST_NAMES} fields.")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
