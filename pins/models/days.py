"""The first Pins of many days at once, and how many each day has: no more is read than is shown.

By hand, as the ORM takes longer to write eighty like subqueries than the database to answer them, and SQLite
has no LATERAL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import connections

from pins.models.pin import Pin

if TYPE_CHECKING:
    from accounts.models import Workspace

K = TypeVar("K")

# As Pin.objects.of, so that the index pin_calendar serves.
_OF_A_DAY: Final = (
    "FROM pins_pin WHERE workspace_id = %s AND NOT (status = 'deleted') "
    "AND publish_at >= %s AND publish_at < %s"
)
_FIRSTS: Final = (
    "SELECT %s, day.publish_at, day.id, (SELECT COUNT(*) FROM (SELECT 1 "  # noqa: S608  # our own text alone
    f"{_OF_A_DAY} LIMIT %s) AS counted) "
    f"FROM (SELECT publish_at, id {_OF_A_DAY} ORDER BY publish_at, id LIMIT %s) AS day"
)


@dataclass(slots=True)
class Firsts:
    keys: list[int] = field(default_factory=list)  # in time order
    total: int = 0


def firsts(
    workspace: Workspace, spans: Mapping[K, tuple[datetime, datetime]], *, most: int, counted: int
) -> dict[K, Firsts]:
    """Of each span, its end left out: its `most` first Pins, and how many it has, up to `counted` + 1.

    One query.
    """
    connection = connections[Pin.objects.db]
    params: list[Any] = []
    for number, span in enumerate(spans.values()):
        start, end = map(connection.ops.adapt_datetimefield_value, span)
        params += (number, workspace.pk, start, end, counted + 1, workspace.pk, start, end, most)
    found = [Firsts() for _ in spans]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([_FIRSTS] * len(spans)), params)
        for number, _, pk, total in sorted(cursor.fetchall()):
            found[number].keys.append(pk)
            found[number].total = total
    return dict(zip(spans, found, strict=True))
