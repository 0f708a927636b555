"""What people search for: terms and trends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from accounts.pinterest.types.reading import Garbled, count, day_of, items_of, object_of, signed, text

Region = Literal[
    "US", "CA", "DE", "FR", "ES", "IT", "DE+AT+CH", "GB+IE", "IT+ES+PT+GR+MT", "PL+RO+HU+SK+CZ",
    "SE+DK+FI+NO", "NL+BE+LU", "AR", "BR", "CO", "MX", "MX+AR+CO+CL", "AU+NZ",
]  # fmt: skip
TrendKind = Literal["growing", "monthly", "yearly", "seasonal"]
Interest = Literal[
    "animals", "architecture", "art", "beauty", "childrens_fashion", "design", "diy_and_crafts", "education",
    "electronics", "entertainment", "event_planning", "finance", "food_and_drinks", "gardening", "health",
    "home_decor", "mens_fashion", "parenting", "quotes", "sport", "travel", "vehicles", "wedding",
    "womens_fashion",
]  # fmt: skip
Gender = Literal["female", "male", "unknown"]
Age = Literal["18-24", "25-34", "35-44", "45-49", "50-54", "55-64", "65+"]


@dataclass(frozen=True, slots=True)
class RelatedTerms:
    term: str
    related: tuple[str, ...]

    @staticmethod
    def read_all(json: object) -> tuple[RelatedTerms, ...]:
        rows = [object_of(item) for item in items_of(object_of(json), "related_terms_list")]
        return tuple(RelatedTerms(text(row, "term"), words(row.get("related_terms"))) for row in rows)


@dataclass(frozen=True, slots=True)
class Trend:
    """A keyword's growth in per cent against a week, a month and a year before; None when not told.

    `series` is its search volume week by week, 0 to 100 of its own peak, by the day each week is named after.
    """

    keyword: str
    week: int | None
    month: int | None
    year: int | None
    series: tuple[tuple[date, int], ...] = ()

    @classmethod
    def read(cls, json: object) -> Trend:
        row = object_of(json)
        series = row.get("time_series")
        volumes = series if isinstance(series, dict) else {}
        points = ((day_of(name), count(volumes, name)) for name in volumes)
        return cls(
            keyword=text(row, "keyword"),
            week=signed(row, "pct_growth_wow"),
            month=signed(row, "pct_growth_mom"),
            year=signed(row, "pct_growth_yoy"),
            series=tuple(sorted((day, volume) for day, volume in points if day and volume is not None)),
        )

    @staticmethod
    def read_all(json: object) -> tuple[Trend, ...]:
        return tuple(Trend.read(item) for item in items_of(object_of(json), "trends"))


def words(json: object) -> tuple[str, ...]:
    """A bare list of words, which is what some answers are."""
    if not isinstance(json, list):
        raise Garbled("A list was expected")
    return tuple(word for word in json if isinstance(word, str))
