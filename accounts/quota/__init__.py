"""How many calls Pinterest still takes: counted before each call, corrected by what each response says.

A window belongs to the app and one Pinterest user (whichever workspaces it is connected to), some to the
whole app. Which windows apply to a category is what its last response listed; before the first, what
Pinterest documents. The counts live in Redis and are a forecast, not a lock: with a silent or emptied Redis
every call is let through, and Pinterest's own 429 proves that nothing was made.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final, cast

from django.conf import settings

from accounts import counters
from accounts.models import PinterestAccount
from accounts.pinterest.client import CallRecord, Category
from accounts.pinterest.limits import Limits, Window

SAFETY_NET: Final = "safety_net_app_id_user_id"
MOST_WINDOWS: Final = 8  # read of one response; a real one lists two to four
LONGEST: Final = 86_400  # seconds; Pinterest counts by nothing longer than a day
MANY: Final = 200  # accounts looked up in one round trip


def _documented(category: Category, limit: int) -> tuple[Window, ...]:
    return Window(100, 1, SAFETY_NET), Window(limit, 60, f"{category}_app_id_user_id")


# What applies until a response has said so: a Standard app's.
DOCUMENTED: Final[dict[Category, tuple[Window, ...]]] = {
    "org_read": _documented("org_read", 1000),
    "org_write": _documented("org_write", 100),
    "org_analytics": _documented("org_analytics", 60),
    "ads_read": _documented("ads_read", 1000),
    "trends_read": _documented("trends_read", 60),
}
# What people are shown: the rest isn't asked for by anything yet.
SHOWN: Final[tuple[Category, ...]] = ("org_write", "org_read", "org_analytics")

_CALLS: Final[dict[str, str]] = {
    "org_read": "reads",
    "org_write": "changes",
    "org_analytics": "analytics reads",
    "ads_read": "ads reads",
    "trends_read": "trends reads",
}
_PERIODS: Final = {1: "a second", 60: "a minute", 3600: "an hour", 86_400: "a day"}


@dataclass(frozen=True, slots=True)
class Level:
    """One window at one instant. `renews_in` is None while nothing of it is used."""

    limit: int
    seconds: int
    name: str
    used: int = 0
    renews_in: timedelta | None = None

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def of_app(self) -> bool:
        """Shared by all accounts that this app is connected to."""
        return self.name.endswith("_app_id")

    @property
    def calls(self) -> str:
        """What is counted, for people: `changes`; `calls` where all kinds are."""
        return next((word for category, word in _CALLS.items() if category in self.name), "calls")

    @property
    def period(self) -> str:
        """`a minute`"""
        return _PERIODS.get(self.seconds, f"in {self.seconds} seconds")

    def __str__(self) -> str:
        return f"{self.limit:,} {self.calls} {self.period}"


@dataclass(frozen=True, slots=True)
class Full:
    """Why a call must wait, and how long. Without `level` Pinterest asked for a pause (a 429)."""

    wait: timedelta
    level: Level | None = None

    @property
    def message(self) -> str:
        """For people, without the time: `Pinterest takes 100 changes a minute from this account, and …`"""
        if self.level is None:
            return "Pinterest asked for a pause."
        whose = "your Pinterest app" if self.level.of_app else "this account"
        return f"Pinterest takes {self.level} from {whose}, and all of them are used."


@dataclass(frozen=True, slots=True)
class Room:
    """How many calls are left at this instant; `wait` until there is one, zero when there is."""

    left: int
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Standing:
    """All windows of one category; `pause` is what is left of a 429's wait, zero when there is none."""

    category: Category
    levels: tuple[Level, ...]
    pause: timedelta


# Before a call -------------------------------------------------------------------------------------------


def take(account: PinterestAccount, category: Category, *, cost: int = 1, spare: float = 0.0) -> Full | None:
    """Count `cost` calls in all windows that apply, and answer None; or count nothing and say what is full.

    `spare` leaves a share (0 to 1) of each window to whoever is more urgent. Never raises.
    """

    answer = _run("take", [account], [category, _default(category), cost, spare])
    if answer is None or not answer[0]:
        return None
    wait, limit, seconds, name = cast("tuple[int, int, int, bytes]", answer)
    level = Level(limit, seconds, name.decode(), used=limit, renews_in=_ms(wait))
    return Full(_ms(wait), level if limit else None)


def take_within(
    account: PinterestAccount, category: Category, *, patience: float, spare: float = 0.0
) -> Full | None:
    """`take` that waits up to `patience` seconds for room, and says what is full when that isn't enough."""
    ends = time.monotonic() + patience
    while full := take(account, category, spare=spare):
        seconds = full.wait.total_seconds()
        if time.monotonic() + seconds > ends:
            return full
        time.sleep(seconds)
    return None


def give_back(account: PinterestAccount, category: Category, *, cost: int = 1) -> None:
    """Uncount calls that were taken and not made."""
    _run("give_back", [account], [category, _default(category), cost])


# After a call --------------------------------------------------------------------------------------------


def learn(account: PinterestAccount, record: CallRecord) -> None:
    """Make our counts what a response says. A call that never left is given back. Never raises."""
    if not record.has_left:
        return give_back(account, record.category)
    windows = _said(record.category, record.limits)
    bound = _bound(record.category, record.limits, windows)
    pause = min(record.retry_after or 0.0, LONGEST)
    if not (windows or bound or pause):
        return None
    left, reset = (record.limits.remaining, record.limits.reset_seconds) if record.limits else (0, 0)
    numbers = (bound.name, bound.seconds, bound.limit) if bound else ("", 0, 0)
    resets = round(min(reset or 0, LONGEST) * 1000)
    said: list[str] = [record.category, _default(record.category), _written(windows)]
    _run("learn", [account], [*said, *numbers, left or 0, resets, round(pause * 1000)])
    return None


def _said(category: Category, limits: Limits | None) -> tuple[Window, ...]:
    """The windows of a response, each with a name that a key can be made of."""
    found = limits.windows[:MOST_WINDOWS] if limits else ()
    return tuple(
        Window(window.limit, window.seconds, re.sub(r"\W", "", window.name, flags=re.ASCII)[:64] or category)
        for window in found
        if window.seconds <= LONGEST
    )


def _bound(category: Category, limits: Limits | None, windows: tuple[Window, ...]) -> Window | None:
    """The window that `remaining` and `reset` are of: the headers give its limit, not its name.

    Of several the shortest that can last so long: its numbers are forgotten first, should this be wrong.
    """
    if limits is None or limits.remaining is None or limits.reset_seconds is None:
        return None
    fitting = [
        window
        for window in windows or DOCUMENTED[category]
        if window.limit == limits.limit and window.seconds >= limits.reset_seconds
    ]
    return min(fitting, key=lambda window: window.seconds, default=None)


def pause(account: PinterestAccount, category: Category, wait: timedelta) -> None:
    """Let nobody call for that long, whatever is left."""
    _run("learn", [account], [category, "", "", "", 0, 0, 0, 0, round(wait.total_seconds() * 1000)])


# What stands ---------------------------------------------------------------------------------------------


def room(account: PinterestAccount, category: Category) -> Room:
    """How many calls `take` would grant now."""
    return rooms([account], category)[account.pk]


def rooms(accounts: Iterable[PinterestAccount], category: Category) -> dict[int, Room]:
    """The same for many, by primary key, a round trip for each 200. Redis being silent: as if unused."""
    accounts = list(accounts)
    unused = min(window.limit for window in DOCUMENTED[category])
    found: dict[int, Room] = {}
    for start in range(0, len(accounts), MANY):
        some = accounts[start : start + MANY]
        answer = cast("list[int]", _run("room", some, [category, _default(category)]))
        answer = answer if answer is not None else [unused, 0] * len(some)
        for account, left, wait in zip(some, answer[::2], answer[1::2], strict=True):
            found[account.pk] = Room(left, _ms(wait))
    return found


def standing(account: PinterestAccount) -> list[Standing] | None:
    """What people are shown of one account. None when Redis is silent."""
    found = standings([account])
    return found[account.pk] if found is not None else None


def standings(accounts: Iterable[PinterestAccount]) -> dict[int, list[Standing]] | None:
    """The same for at most some hundred accounts, by primary key, in one round trip."""
    accounts = list(accounts)
    found = _look(accounts, SHOWN) if accounts else []
    if found is None:
        return None
    return {account.pk: standing for account, standing in zip(accounts, found, strict=True)}


def _look(
    accounts: Sequence[PinterestAccount], categories: Sequence[Category]
) -> list[list[Standing]] | None:
    answers = _run("look", accounts, [word for each in categories for word in (each, _default(each))])
    if answers is None:
        return None
    rows = iter(cast("list[list[object]]", answers))
    return [[_read(category, next(rows)) for category in categories] for _ in accounts]


def _read(category: Category, row: Sequence[object]) -> Standing:
    paused, *windows = row
    levels = (
        Level(limit, seconds, name.decode(), used, _ms(ms) if ms else None)
        for limit, seconds, name, used, ms in cast("list[tuple[int, int, bytes, int, int]]", windows)
    )
    return Standing(category, tuple(levels), _ms(cast(int, paused)))


# Redis ---------------------------------------------------------------------------------------------------


def _keys(account: PinterestAccount) -> list[str]:
    """Of the app at this address, and of this user of it."""
    app = f"pinsched:quota:{settings.PINTEREST_APP_ID}:{account.api_url}"
    return [app, f"{app}:{account.pinterest_id}"]


@lru_cache
def _default(category: Category) -> str:
    return _written(DOCUMENTED[category])


def _written(windows: tuple[Window, ...]) -> str:
    return " ".join(f"{window.limit};{window.seconds};{window.name}" for window in windows)


def _run(
    script: str, accounts: Sequence[PinterestAccount], args: Sequence[str | int | float]
) -> list[object] | None:
    """What a script answers (nothing is an empty list), or None when Redis is silent."""
    keys = [key for account in accounts for key in _keys(account)]
    try:
        here = counters.here()
    except ValueError:  # an address that can't be read: the health page names it
        return None
    answer = here.ask(lambda redis: redis.register_script(_text(script))(keys, args) or [])
    return cast("list[object] | None", answer)


def _ms(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)


@lru_cache
def _text(script: str) -> str:
    here = files(__name__)
    return (here / "windows.lua").read_text() + (here / f"{script}.lua").read_text()
