"""From an id on the wire to a row of the token's workspace: 404 in a path, 422 at its field in a body."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from accounts.rest.errors import ApiError
from accounts.rest.fields import Kind, in_path, unknown

M = TypeVar("M", bound=Model)


def at(rows: QuerySet[M], kind: Kind, text: str) -> M:
    """What a path names."""
    found = rows.filter(pk=in_path(kind, text)).first()
    if found is None:
        raise ApiError.not_found()
    return found


def named(rows: QuerySet[M], field: str, kind: Kind, pk: int) -> M:
    """What a field of a body or a query names."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise ApiError.at(field, unknown(kind))
    return found
