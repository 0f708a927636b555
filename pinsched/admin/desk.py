"""The operations page: what needs a look, each number a link to its rows. In a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse

from accounts import quota
from accounts.models import Health, PinterestAccount
from accounts.models.pinterest_account import PinterestAccountQuerySet
from pins import operations
from pins.media import store
from pins.models import Heartbeat, Media, Pin
from pins.operations import Standing, Traffic, WaitsFor
from pinsched import queues
from pinsched.readiness import PARTS, SILENT_AFTER

ROWS: Final = 10  # of each list; the number above it leads to all
ACCOUNTS: Final = 50
DEEP: Final = 500  # messages in one queue that are worth a look

PINS: Final = "admin:pins_pin_changelist"
ATTEMPTS: Final = "admin:pins_attempt_changelist"
MEDIA: Final = "admin:pins_media_changelist"
ACCOUNT_LIST: Final = "admin:accounts_pinterestaccount_changelist"


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    number: int
    url: str
    is_bad: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the processes: `age` is None for one that never was seen."""

    name: str
    age: timedelta | None

    @property
    def is_silent(self) -> bool:
        return self.age is None or self.age > SILENT_AFTER


@dataclass(frozen=True, slots=True)
class Depth:
    queue: str
    number: int

    @property
    def is_deep(self) -> bool:
        return self.number >= DEEP


@dataclass(frozen=True, slots=True)
class Links:
    """Where the numbers of one account lead."""

    traffic: Traffic
    account: str
    minute: str
    hour: str
    day: str
    queued: str
    late: str
    limited: str
    # What is used of Pinterest's limits: "12 of 100 changes a minute". Empty while Redis is silent, too.
    used: list[str]


@dataclass(frozen=True, slots=True)
class Desk:
    now: datetime
    figures: list[Figure]
    late: list[tuple[Pin, str]]
    failed: list[Pin]
    stopped: list[PinterestAccount]
    ending: list[PinterestAccount]
    parts: list[Part]
    depths: list[Depth] | None
    accounts: list[Links]
    accounts_busy: int

    @property
    def quota_title(self) -> str:
        of = (
            f": {len(self.accounts)} of {self.accounts_busy}"
            if self.accounts_busy > len(self.accounts)
            else ""
        )
        return f"Quota by account{of}"

    quota_columns: ClassVar = (
        "Account|Workspace|#Out in a minute|#In an hour|#In 24 h|#Waiting|#Late|#Put off by limits in an hour"
        "|Used of Pinterest’s limits now"
    )


def may_look(request: HttpRequest) -> bool:
    return request.user.has_perms(("pins.view_pin", "accounts.view_pinterestaccount"))


def look(now: datetime) -> Desk:
    standing = operations.standing(now)
    known = PinterestAccount.objects.select_related("workspace").defer("access_token", "refresh_token")
    stopped = known.filter(health__in=(Health.HELD, Health.NEEDS_RECONNECT)).order_by("-health_changed_at")
    ending = known.tokens_ending(now).order_by("access_expires_at")
    pins = Pin.objects.select_related("account", "workspace").defer(
        "account__access_token", "account__refresh_token"
    )
    late = operations.late(pins, now=now).order_by("publish_at", "pk")[:ROWS]
    failed = pins.needing_people().order_by("-updated_at", "-pk")[:ROWS]
    busy, number = operations.traffic(now, most=ACCOUNTS)
    standings = quota.standings([each.account for each in busy]) or {}
    return Desk(
        now=now,
        figures=[*_of_pins(standing), *_of_accounts(ending), _of_pictures()],
        late=[(pin, spoken(now - pin.publish_at)) for pin in late if pin.publish_at],
        failed=list(failed),
        stopped=list(stopped[:ROWS]),
        ending=list(ending[:ROWS]),
        parts=_parts(now),
        depths=_depths(),
        accounts=[_links(each, standings.get(each.account.pk, [])) for each in busy],
        accounts_busy=number,
    )


LATE: Final = (
    (WaitsFor.NOTHING, "Late, and waits for nothing", True),
    (WaitsFor.NEXT_TRY, "Late, waits for its next try", False),
    (WaitsFor.ACCOUNT, "Late, waits for its account", True),
    (WaitsFor.PERSON, "Late, waits for its people", False),
)


def _late(found: operations.Lateness, waits_for: WaitsFor, label: str, *, is_alarming: bool) -> Figure:
    note = f"by up to {spoken(found.worst)}" if found.number else ""
    is_bad = is_alarming and found.number > 0
    return Figure(label, found.number, _to(PINS, late=waits_for), is_bad=is_bad, note=note)


def _of_pins(standing: Standing) -> list[Figure]:
    return [
        *(_late(standing.late[each], each, label, is_alarming=bad) for each, label, bad in LATE),
        Figure(
            "Failed in 24 hours",
            standing.failed_today,
            _to(PINS, status__exact="failed", touched="day"),
            is_bad=standing.failed_today > 0,
            note=f"{standing.failed} in all",
        ),
        Figure(
            "Needs review",
            standing.needs_review,
            _to(PINS, status__exact="needs_review"),
            is_bad=standing.needs_review > 0,
        ),
        Figure("Being published", standing.publishing, _to(PINS, status__exact="publishing")),
        Figure("Scheduled", standing.scheduled, _to(PINS, status__exact="scheduled")),
    ]


def _of_accounts(ending: PinterestAccountQuerySet) -> list[Figure]:
    rows = PinterestAccount.objects.order_by().values_list("health").annotate(Count("pk"))
    counts: dict[str, int] = dict(rows)
    held, cut_off = counts.get(Health.HELD, 0), counts.get(Health.NEEDS_RECONNECT, 0)
    soon = ending.count()
    return [
        Figure("Accounts on hold", held, _to(ACCOUNT_LIST, health__exact=Health.HELD), is_bad=held > 0),
        Figure(
            "Accounts to reconnect",
            cut_off,
            _to(ACCOUNT_LIST, health__exact=Health.NEEDS_RECONNECT),
            is_bad=cut_off > 0,
        ),
        Figure("Tokens ending soon", soon, _to(ACCOUNT_LIST, tokens="ending"), is_bad=soon > 0),
    ]


def _of_pictures() -> Figure:
    waiting = Media.objects.waiting_for_store().count()
    trouble = store.trouble()
    return Figure(
        "Pictures that wait for the media store",
        waiting,
        _to(MEDIA, status__exact="processing", tries__gt="0"),
        is_bad=bool(waiting or trouble),
        note=f"It {trouble.partition(';')[0]}" if trouble else "",
    )


def _links(traffic: Traffic, standings: list[quota.Standing]) -> Links:
    pk = traffic.account.pk

    def pins(**query: str) -> str:
        return _to(PINS, account__id__exact=pk, **query)

    return Links(
        traffic=traffic,
        account=reverse("admin:accounts_pinterestaccount_change", args=[pk]),
        minute=pins(out="minute", origin__exact="composed"),
        hour=pins(out="hour", origin__exact="composed"),
        day=pins(out="day", origin__exact="composed"),
        queued=pins(status__exact="scheduled"),
        late=pins(late="any"),
        limited=_to(
            ATTEMPTS,
            code__exact="rate_limited",
            state__exact="deferred",
            settled="hour",
            pin__account__id__exact=pk,
        ),
        used=_used(standings),
    )


def _used(standings: list[quota.Standing]) -> list[str]:
    """Of each window that calls were taken from, and of each pause; not what renews by the second."""
    levels = {level.name: level for each in standings for level in each.levels}
    used = [f"{level.used:,} of {level}" for level in levels.values() if level.used and level.seconds > 1]
    return used + [f"{each.category}: paused for {spoken(each.pause)}" for each in standings if each.pause]


def _parts(now: datetime) -> list[Part]:
    seen = dict(Heartbeat.objects.values_list("name", "seen_at"))
    return [Part(name, now - seen[name] if name in seen else None) for name in PARTS]


def _depths() -> list[Depth] | None:
    """None when Redis doesn't say."""
    found = queues.depths()
    if found is None:
        return None
    waiting = [Depth(name, number) for name, number in found.waiting.items()]
    return [*waiting, Depth("taken, not finished", found.taken)]


def spoken(time: timedelta) -> str:
    """Two parts at most: "3 d 4 h", "12 min 5 s"."""
    seconds = max(0, int(time.total_seconds()))
    units = (
        ("d", seconds // 86400),
        ("h", seconds // 3600 % 24),
        ("min", seconds // 60 % 60),
        ("s", seconds % 60),
    )
    first = next((at for at, (_, number) in enumerate(units) if number), 3)
    return " ".join(f"{number} {unit}" for unit, number in units[first : first + 2] if number) or "0 s"


def _to(name: str, **query: object) -> str:
    return f"{reverse(name)}?{urlencode(query)}"
