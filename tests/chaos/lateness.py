"""How late Pins were, and how long calls stayed in doubt. In seconds; "less" outages are not counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pins.models import Attempt, AttemptState, Pin
from pins.models.attempt import AttemptQuerySet
from tests.chaos.cast import Wish
from tests.chaos.hold import SPAM
from tests.chaos.mischief import BRIEFLY
from tests.chaos.outages import Outage, seconds_out

# What settles an attempt without Pinterest's answer: its Pin's call was in doubt.
LOOKED_UP: Final = ("adopted", "absent", "absent_late", "linked", "sent_again")
BARE_PAUSE: Final = timedelta(seconds=60)  # after a 429 that says nothing of it: a window of Pinterest's


@dataclass
class Lateness:
    ours: Mapping[int, Pin]
    outages: Sequence[Outage]
    every: list[float] = field(default_factory=list)
    certain: list[float] = field(default_factory=list)  # never in doubt; less outages and Pinterest's pauses
    unhurt: list[float] = field(default_factory=list)  # the first attempt came through

    def __post_init__(self) -> None:
        self._unhurt, self._doubted, self._pauses = self._find_unhurt(), self._find_doubted(), self._pause()

    def count(self, wish: Wish, made: datetime, group: Sequence[Wish]) -> float:
        """Take down one Pin; `group`: those that can't be told from it. How late it was."""
        pin, late = self.ours[wish.pk], (made - wish.publish_at).total_seconds()
        alike = {other.pk for other in group}
        self.every.append(late)
        if alike <= self._unhurt:
            self.unhurt.append(late)
        if not alike & self._doubted:
            excused = [*self.outages, *self._pauses[pin.pk]]
            self.certain.append(late - seconds_out(excused, pin.account_id, wish.publish_at, made))
        return late

    def doubts(self) -> Iterator[float]:
        """Less outages, from each call to the end of its doubt; after a restore, from the first look."""
        for one in self._attempts().filter(code__in=LOOKED_UP).select_related("pin"):
            if one.sent_at and one.settled_at:
                began = max(one.sent_at, one.started_at)
                out = seconds_out(self.outages, one.pin.account_id, began, one.settled_at)
                yield (one.settled_at - began).total_seconds() - out

    def _attempts(self) -> AttemptQuerySet:
        return Attempt.objects.filter(pin__in=self.ours)

    def _find_unhurt(self) -> set[int]:
        number = Counter(self._attempts().values_list("pin_id", flat=True))
        plain = self._attempts().filter(state=AttemptState.SUCCEEDED, http_status=201)
        return {pk for pk in plain.values_list("pin_id", flat=True) if number[pk] == 1}

    def _find_doubted(self) -> set[int]:
        return set(self._attempts().filter(code__in=LOOKED_UP).values_list("pin_id", flat=True))

    def _pause(self) -> dict[int, list[Outage]]:
        """By Pin: while Pinterest had asked it to wait, without a word of how long."""
        found: dict[int, list[Outage]] = defaultdict(list)
        bare = self._attempts().filter(http_status=429, state=AttemptState.DEFERRED)
        for one in bare.exclude(message__in=(BRIEFLY["message"], SPAM["message"])):
            if one.settled_at:
                found[one.pin_id].append(Outage(one.settled_at, one.settled_at + BARE_PAUSE))
        return found
