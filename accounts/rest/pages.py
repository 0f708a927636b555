"""Lists in pages: {"items", "next"}, by keyset, so that what comes in meanwhile shifts nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from accounts.rest.errors import INVALID_MESSAGE, ApiError

R = TypeVar("R")
M = TypeVar("M", bound=Model)

_CURSOR: Final = re.compile(r"([a-z-]{1,40}):([0-9-]{1,19})")


class Window(BaseModel):
    """The query of a list; subclasses add their filters. What a list doesn't know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", description="From `next`; opaque.")

    @model_validator(mode="before")
    @classmethod
    def _nothing_unknown(cls, values: Any, info: ValidationInfo) -> Any:
        if info.context:
            refuse_unknown(info.context["request"], cls)
        return values


def refuse_unknown(request: HttpRequest, query: type[BaseModel]) -> None:
    known = {field.alias or name for name, field in query.model_fields.items()}
    wrong = {name: ["There is no such parameter."] for name in request.GET if name not in known}
    wrong |= {name: ["Given more than once."] for name in known if len(request.GET.getlist(name)) > 1}
    if wrong:
        raise ApiError(422, "invalid", INVALID_MESSAGE, fields=wrong)


def a_number(text: str) -> int:
    number = int(text)
    if number > 2**63 - 1:
        raise ValueError(text)
    return number


@dataclass(frozen=True, slots=True)
class Order:
    """By which unique column a list runs. `name` keeps a cursor from being used on another list."""

    name: str
    column: str
    read: Callable[[str], int | date] = a_number
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    rows: list[R]
    next: str | None


def cut(request: HttpRequest, window: Window, rows: QuerySet[Any, R], order: Order) -> Page[R]:
    """The page that the cursor asks for, one query."""
    if window.cursor:
        step = "lt" if order.descending else "gt"
        rows = rows.filter(**{f"{order.column}__{step}": _position(window.cursor, order)})
    sorted_rows = rows.order_by(f"-{order.column}" if order.descending else order.column)
    found = list(sorted_rows[: window.limit + 1])
    if len(found) <= window.limit:
        return Page(found, None)
    shown = found[: window.limit]
    return Page(shown, _address(request, _cursor(shown[-1], order)))


def _position(cursor: str, order: Order) -> int | date:
    try:
        plain = urlsafe_base64_decode(cursor)
        match = _CURSOR.fullmatch(plain.decode("ascii"))
        # The decoder passes over what is no base64; we don't.
        if match is None or match[1] != order.name or urlsafe_base64_encode(plain) != cursor:
            raise ValueError(cursor)
        return order.read(match[2])
    except ValueError:
        raise ApiError.at("cursor", "This cursor is not one of this list’s. Use `next` as it is.") from None


def _cursor(row: object, order: Order) -> str:
    value = row[order.column] if isinstance(row, Mapping) else getattr(row, order.column)
    return urlsafe_base64_encode(f"{order.name}:{value}".encode())


def _address(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{settings.BASE_URL}{request.path}?{query.urlencode()}"
