"""Long lists in pages, by keyset: a page is what stands behind a place in the list, or before it. So the last
page costs what the first does, and what comes in meanwhile shifts nothing. Counts end where people stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BooleanField, F, Func, IntegerField, Model, QuerySet, Subquery, Value

M = TypeVar("M", bound=Model)

COUNTED: Final = 10_000  # exactly; what is more is more

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# "b" before or "a" after, which stretch, its instant in microseconds where it has one, the row's pk.
_CURSOR: Final = re.compile(r"([ab])(\d)(?:\.(-?\d{1,18}))?\.(\d{1,18})")


def counted(rows: QuerySet[Any, Any]) -> int:
    """How many; COUNTED + 1 stands for any number above COUNTED."""
    return rows.order_by()[: COUNTED + 1].count()


class Counted(Subquery):
    """The same number, as a column of some other row."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any, Any], most: int = COUNTED) -> None:
        super().__init__(rows.order_by().values("pk")[: most + 1])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list that runs in one direction. `by` names the columns of its order: an instant, if it
    runs by one, and the pk."""

    rows: QuerySet[Any, Any]
    by: tuple[str, ...]
    descending: bool = False

    def keys(self, place: tuple[Any, ...] | None, *, back: bool, most: int) -> QuerySet[Any, Any]:
        """What stands behind the place, nearest first; with `back` what stands before it."""
        falling = self.descending != back
        rows = self.rows.order_by(*(f"-{name}" if falling else name for name in self.by))
        if place is not None:
            rows = rows.filter(_Beyond(self.by, place, falling=falling))
        return rows.values_list("pk")[:most]


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    rows: list[M]
    previous: str | None  # cursors
    next: str | None
    total: int  # of the whole list, as `counted` counts

    def __iter__(self) -> Iterator[M]:
        return iter(self.rows)


def cut(
    stretches: Sequence[Stretch], cursor: str, size: int, *, load: QuerySet[M], count: Callable[[], int]
) -> Page[M]:
    """The page that the cursor asks for; the first for none, or one that is no cursor. Rows come from `load`;
    `count` is asked where there is more than a page. Besides, a query for the keys and those of `load`."""
    back, at, place = _read(cursor, stretches) or (False, 0, None)
    keys = _walk(stretches, at, place, back=back, most=size + 1)
    if back and len(keys) <= size:  # nothing stands before it: the first page, and a whole one
        back, place = False, None
        keys = _walk(stretches, 0, None, back=False, most=size + 1)
    more, keys = len(keys) > size, keys[:size]
    if back:
        keys.reverse()
    loaded = load.in_bulk([pk for _, pk in keys])
    # One that was deleted between the two queries is left out.
    found = [(number, loaded[pk]) for number, pk in keys if pk in loaded]
    has_previous, has_next = (more, True) if back else (place is not None, more)
    return Page(
        rows=[row for _, row in found],
        previous=_write("b", stretches, *found[0]) if has_previous and found else None,
        next=_write("a", stretches, *found[-1]) if has_next and found else None,
        total=count() if has_previous or has_next else len(found),
    )


class _Beyond(Func):
    """Whether a row stands behind a place: a comparison of rows, which an index answers."""

    output_field = BooleanField()

    def __init__(self, columns: Iterable[str], place: Iterable[Any], *, falling: bool) -> None:
        self.sign = "<" if falling else ">"
        super().__init__(*map(F, columns), *map(Value, place))

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]  # the stub's names
        said = [compiler.compile(each) for each in self.source_expressions]
        sql, half = [text for text, _ in said], len(said) // 2
        params = tuple(param for _, some in said for param in some)
        return f"({', '.join(sql[:half])}) {self.sign} ({', '.join(sql[half:])})", params


def _walk(
    stretches: Sequence[Stretch], at: int, place: tuple[Any, ...] | None, *, back: bool, most: int
) -> list[tuple[int, int]]:
    """Stretch and pk of each row from the place on. One query: each stretch gives a page at most."""
    numbers = range(at, -1, -1) if back else range(at, len(stretches))
    parts: list[str] = []
    params: list[Any] = []
    for order, number in enumerate(numbers):
        keys = stretches[number].keys(place if number == at else None, back=back, most=most)
        try:
            sql, given = keys.query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {order}, {number}, ROW_NUMBER() OVER (), keys.* FROM ({sql}) AS keys")  # noqa: S608  # the ORM's
        params += given
    if not parts:
        return []
    with connections[stretches[0].rows.db].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return [(number, pk) for _, number, _, pk in sorted(cursor.fetchall())[:most]]


def _write(direction: str, stretches: Sequence[Stretch], number: int, row: Model) -> str:
    instants = (getattr(row, name) for name in stretches[number].by[:-1])
    micros = (str((each - _EPOCH) // _MICROSECOND) for each in instants)
    return ".".join((f"{direction}{number}", *micros, str(row.pk)))


def _read(cursor: str, stretches: Sequence[Stretch]) -> tuple[bool, int, tuple[Any, ...]] | None:
    match = _CURSOR.fullmatch(cursor) if cursor.isascii() else None
    if match is None or int(match[2]) >= len(stretches):
        return None
    at, pk = int(match[2]), int(match[4])
    if len(stretches[at].by) != (1 if match[3] is None else 2):
        return None
    try:
        instants = () if match[3] is None else (_EPOCH + int(match[3]) * _MICROSECOND,)
    except OverflowError:
        return None
    return match[1] == "b", at, (*instants, pk)
