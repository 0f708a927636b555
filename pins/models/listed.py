"""Long lists of Pins: how they are searched, in which order they run, how they are counted."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final, Self, TypeVar

from django.db import connections, models
from django.db.models import Q

from pins.models.paging import COUNTED, Stretch, counted
from pins.models.search import FEW, SaysWhenMet, saying

M = TypeVar("M", bound=models.Model)

WORDS: Final = ("title", "description", "link", "alt_text")  # what a Pin says, as fields here and there


class ListedPins(models.QuerySet[M]):
    number: int | None = None  # of what was just searched: how many, until it is filtered further

    def search(self, typed: str, *, also: Q | None = None) -> Self:
        """Those that say what is typed, as pins/models/search.py tells, or fulfil what is wanted `also`. All
        when nothing is typed. One query, last of all filters: few are named by it; many are met soon in
        whatever order, without sorting them all."""
        said = partial(saying, typed, fields=WORDS, vendor=connections[self.db].vendor)
        if not said():
            return self
        also = also or Q()
        keys = list(self.filter(said() | also).order_by().values_list("pk", flat=True)[: COUNTED + 1])
        few = len(keys) <= FEW
        found = self.filter(pk__in=keys) if few else self.filter(said(says=SaysWhenMet) | also)
        found.number = len(keys)
        return found

    def counted(self) -> int:
        """As `paging.counted`; free for what was just searched."""
        return counted(self) if self.number is None else self.number

    def in_time(self, now: datetime) -> tuple[Stretch, ...]:
        """What is to come in time order, then what has no time, then the past from its newest."""
        by = ("publish_at", "pk")
        return (
            Stretch(self.filter(publish_at__gte=now), by),
            Stretch(self.filter(publish_at=None), ("pk",), descending=True),
            Stretch(self.filter(publish_at__lt=now), by, descending=True),
        )
