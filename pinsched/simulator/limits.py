"""Rate limits: fixed windows that open with their first request, and the headers that tell of them.

Counts live in memory: a restart forgives. Refused requests are not counted.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pinsched.simulator.settings import DEFAULT_LIMITS, Settings

LIFTED: Final = 1_000_000  # what the headers say of a limit that is switched off
EVERYBODY: Final = "*"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One window: at most `limit` requests of `whom` in `seconds`."""

    name: str
    limit: int
    seconds: int
    whom: str


@dataclass(frozen=True, slots=True)
class Standing:
    rule: Rule
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    standings: tuple[Standing, ...]

    @property
    def binding(self) -> Standing:
        """The window that runs out first; between equals the one that takes longest to open again."""
        return min(self.standings, key=lambda s: (s.remaining, -s.rule.seconds))


class Limits:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[Rule, tuple[float, int]] = {}

    def take(self, rules: Iterable[Rule], now: float) -> Verdict:
        """Counts one request in every window, or in none when one of them is full."""
        rules = tuple(rules)
        with self._lock:
            counts = [self._count(rule, now) for rule in rules]
            allowed = all(used < rule.limit for rule, (_, used) in zip(rules, counts, strict=True))
            if allowed:
                counts = [(opened, used + 1) for opened, used in counts]
                self._windows.update(zip(rules, counts, strict=True))
        return _verdict(allowed, rules, counts, now)

    def look(self, rules: Iterable[Rule], now: float) -> Verdict:
        rules = tuple(rules)
        with self._lock:
            counts = [self._count(rule, now) for rule in rules]
        return _verdict(True, rules, counts, now)

    def forgive(self) -> None:
        with self._lock:
            self._windows.clear()

    def _count(self, rule: Rule, now: float) -> tuple[float, int]:
        opened, used = self._windows.get(rule, (now, 0))
        return (opened, used) if now - opened < rule.seconds else (now, 0)


def _verdict(allowed: bool, rules: tuple[Rule, ...], counts: list[tuple[float, int]], now: float) -> Verdict:
    standings = (
        Standing(rule, max(0, rule.limit - used), rule.seconds - (now - opened))
        for rule, (opened, used) in zip(rules, counts, strict=True)
    )
    return Verdict(allowed, tuple(standings))


def rules_for(settings: Settings, person: str, category: str) -> list[Rule]:
    names = [("safety_net", "safety_net_app_id_user_id", person)]
    names.append((category, f"{category}_app_id_user_id", person))
    if settings.tier == "trial":
        names.append(("trial", "trial_app_id", EVERYBODY))
        if category == "org_write":
            names.append(("trial_org_write", "trial_org_write_app_id", EVERYBODY))
    return [Rule(name, *_size(settings, key), whom) for key, name, whom in names]


def _size(settings: Settings, key: str) -> tuple[int, int]:
    requests, seconds = DEFAULT_LIMITS[key]
    overrides: Mapping[str, tuple[int, int] | None] | None = settings.limits
    if overrides is None:
        return LIFTED, seconds
    return overrides.get(key, (requests, seconds)) or (LIFTED, seconds)


def headers(settings: Settings, verdict: Verdict) -> Headers:
    binding = verdict.binding
    values = (str(binding.rule.limit), str(binding.remaining), str(math.ceil(binding.reset)))
    if settings.rate_headers == "windows":
        rules = [standing.rule for standing in verdict.standings]
        windows = (f'{rule.limit};w={rule.seconds};name="{rule.name}"' for rule in rules)
        values = (", ".join((values[0], *windows)), *values[1:])
    elif settings.rate_headers == "garbage":
        values = ('many;w=;name="?",,', "some", "soon")
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    return tuple(zip(names, values, strict=True))


def retry_after(settings: Settings, verdict: Verdict) -> Headers:
    return (("Retry-After", str(math.ceil(verdict.binding.reset))),) if settings.retry_after else ()
