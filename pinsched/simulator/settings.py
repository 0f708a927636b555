"""How the simulator behaves: what `/_control/config` shows and changes. Kept in the database."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from pinsched.simulator.store import Store

DAY: Final = 24 * 3600
ACCESS_TOKEN_SECONDS: Final = 30 * DAY
REFRESH_TOKEN_SECONDS: Final = 60 * DAY

# Requests and seconds, per app and user; the trial ones count for the whole app.
DEFAULT_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "safety_net": (100, 1),
    "org_read": (1000, 60),
    "org_write": (100, 60),
    "org_analytics": (60, 60),
    "ads_read": (1000, 60),
    "trends_read": (60, 60),
    "trial": (1000, DAY),
    "trial_org_write": (300, DAY),
}

Overrides = dict[str, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Settings:
    """`limits`: None lifts every limit; a mapping overrides the defaults, a None in it lifts that one.

    Beyond Pinterest's own switches: `beta` grants the beta endpoints, `order` newest or shuffled (the live
    API promises none), `clock_offset_seconds` moves the simulator's clock, `created_at` and the `Date` of
    every answer (below 0 it is behind), `media_seconds` is how long a video is processed.
    """

    tier: str = "standard"
    latency_ms: float = 0
    limits: Overrides | None = field(default_factory=dict)
    decode: str = "full"
    store_images: bool = True
    rate_headers: str = "windows"
    retry_after: bool = True
    access_token_seconds: int = ACCESS_TOKEN_SECONDS
    refresh_token_seconds: int = REFRESH_TOKEN_SECONDS
    beta: bool = True
    order: str = "newest"
    clock_offset_seconds: float = 0
    media_seconds: float = 2


class WrongSetting(ValueError):
    """The words say which setting and what it may be."""


def _one_of(*choices: str) -> Callable[[str, object], object]:
    def read(name: str, value: object) -> object:
        if value not in choices:
            raise WrongSetting(f"{name} must be one of {', '.join(choices)}")
        return value

    return read


def _number(name: str, value: object) -> object:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise WrongSetting(f"{name} must be a number")
    return value


def _positive(name: str, value: object) -> object:
    number = _number(name, value)
    if not isinstance(number, int | float) or number < 0:
        raise WrongSetting(f"{name} must not be negative")
    return number


def _boolean(name: str, value: object) -> object:
    if not isinstance(value, bool):
        raise WrongSetting(f"{name} must be true or false")
    return value


def _limits(name: str, value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise WrongSetting(f"{name} must be an object, or null to lift every limit")
    return {category: _limit(category, pair) for category, pair in value.items()}


def _limit(category: str, pair: object) -> tuple[int, int] | None:
    if category not in DEFAULT_LIMITS:
        raise WrongSetting(f"limits: {category} is unknown; there are {', '.join(DEFAULT_LIMITS)}")
    match pair:
        case None:
            return None
        case [int(requests), int(seconds)] if requests >= 0 and seconds > 0:
            return requests, seconds
    raise WrongSetting(f"limits: {category} must be [requests, seconds] or null")


READERS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "tier": _one_of("standard", "trial", "sandbox"),
    "latency_ms": _positive,
    "limits": _limits,
    "decode": _one_of("full", "header"),
    "store_images": _boolean,
    "rate_headers": _one_of("windows", "bare", "garbage"),
    "retry_after": _boolean,
    "access_token_seconds": _positive,
    "refresh_token_seconds": _positive,
    "beta": _boolean,
    "order": _one_of("newest", "shuffled"),
    "clock_offset_seconds": _number,
    "media_seconds": _positive,
}


def changed(settings: Settings, wishes: Mapping[str, object]) -> Settings:
    """The settings with the wishes granted; raises WrongSetting and changes nothing if one can't be."""
    if unknown := [name for name in wishes if name not in READERS]:
        raise WrongSetting(f"unknown setting {unknown[0]}; there are {', '.join(READERS)}")
    values = {name: READERS[name](name, value) for name, value in wishes.items()}
    return replace(settings, **values)  # type: ignore[arg-type]  # READERS checked each value


def as_json(settings: Settings) -> dict[str, object]:
    return asdict(settings)


def load(store: Store) -> Settings:
    kept = {row["name"]: json.loads(row["value"]) for row in store.all("SELECT name, value FROM settings")}
    return changed(Settings(), kept)


def save(store: Store, settings: Settings) -> None:
    with store.write():
        for name, value in as_json(settings).items():
            store.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))
