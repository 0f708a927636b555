"""What a chaos run came to. Judged by what the simulator holds: who, where, which words, which picture.

Identical Pins can't be told apart there, so they are counted as a group: it must hold as many as were wished.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pins.models import Attempt, Pin, Status
from tests.chaos.cast import SOMEBODY, Likeness, Wish, likeness_on_pinterest
from tests.chaos.lateness import Lateness
from tests.chaos.outages import Outage, Stop
from tests.chaos.people import People
from tests.support.percentile import percentile

WRONGS: Final = (
    *("lost", "doubled", "misnamed", "early", "stuck", "needs_review", "failed"),
    *("undone", "blind", "heedless"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    wished: int
    lost: list[str]  # wished, and neither on Pinterest nor failed with a reason
    doubled: list[str]  # on Pinterest more often than wished, or never wished
    misnamed: list[str]  # published as a Pin of Pinterest's that is another one, or that isn't there
    early: list[str]
    stuck: list[str]
    needs_review: list[str]
    failed: list[str]
    undone: list[str]  # changes of Pins that were there before
    blind: list[str]  # such calls, sent again before anybody looked what became of the last one
    heedless: list[str]  # calls of an account that was on hold
    adopted: int
    changed: list[float]  # seconds from asking to done
    lateness: Lateness
    calls: Counter[str]

    @property
    def acceptable(self) -> bool:
        return not any(getattr(self, name) for name in WRONGS)


def judge(
    wishes: Sequence[Wish],
    people: People,
    stops: Sequence[Stop],
    live: Iterable[Mapping[str, Any]],
    calls: Iterable[Mapping[str, Any]],
    *,
    outages: Sequence[Outage],
    ahead: timedelta,
) -> Verdict:
    """`ahead` is by how much the simulator's clock is ahead of ours."""
    ours = Pin.objects.in_bulk([wish.pk for wish in wishes])
    there: dict[Likeness, list[tuple[datetime, str]]] = defaultdict(list)
    live, calls = list(live), list(calls)
    for pin in people.others(live):
        if pin["username"] == SOMEBODY:
            continue
        made = datetime.fromisoformat(pin["created_at"]) - ahead
        there[likeness_on_pinterest(pin)].append((made, pin["id"]))
    groups: dict[Likeness, list[Wish]] = defaultdict(list)
    for wish in wishes:
        groups[wish.likeness].append(wish)
    lateness = Lateness(ours, [*outages, *(outage for stop in stops for outage in stop.outages)])
    lost, doubled, misnamed, early = [], [], [], []
    for likeness, group in groups.items():
        found = sorted(there.pop(likeness, []))
        states = [ours[wish.pk].status for wish in group]
        missing = len(group) - len(found) - states.count(Status.FAILED)
        lost += [_named(likeness, ours, group)] * max(0, missing)
        doubled += [_named(likeness, ours, group)] * max(0, len(found) - len(group))
        named = [ours[wish.pk].pinterest_id for wish in group if ours[wish.pk].status == Status.PUBLISHED]
        if set(named) - {pin_id for _, pin_id in found} or len(set(named)) < len(named):
            misnamed.append(_named(likeness, ours, group))
        # Which of identical ones is which doesn't matter: the first one made is the first one wished.
        in_time = sorted(group, key=lambda wish: wish.publish_at)
        for wish, (made, _) in zip(in_time, found, strict=False):
            seconds = lateness.count(wish, made, group)
            if seconds < 0:
                early.append(f"{seconds:.3f} s: {_named(likeness, ours, [wish])}")
    doubled += [f"never wished: {likeness}" for likeness, found in there.items() for _ in found]
    return Verdict(
        wished=len(wishes),
        lost=lost,
        doubled=doubled,
        misnamed=misnamed,
        early=early,
        stuck=_in(ours, (Status.SCHEDULED, Status.PUBLISHING)) + _in(ours, (Status.DRAFT, Status.DELETED)),
        needs_review=_in(ours, (Status.NEEDS_REVIEW,)),
        failed=_in(ours, (Status.FAILED,)),
        undone=people.undone(live),
        blind=people.blind(calls),
        heedless=[said for stop in stops for said in stop.heedless(calls, ahead=ahead)],
        adopted=Attempt.objects.filter(pin__in=ours, code="adopted").count(),
        changed=people.waits(),
        lateness=lateness,
        calls=Counter(_kind(call) for call in people.others(calls)),
    )


def _in(ours: Mapping[int, Pin], states: Sequence[Status]) -> list[str]:
    return [_described(pin) for pin in ours.values() if pin.status in states]


def _described(pin: Pin) -> str:
    tries = [
        f"{a.state}({a.code or a.http_status or ''}, sent {a.sent_at:%H:%M:%S.%f})" if a.sent_at else a.state
        for a in pin.attempts.order_by("started_at", "pk")
    ]
    said = ", ".join(tries) or "none"
    return f"Pin {pin.pk} {pin.status} {pin.reason_code or '-'}; due {pin.due_at}; attempts: {said}"


def _named(likeness: Likeness, ours: Mapping[int, Pin], group: Sequence[Wish]) -> str:
    return f"{likeness[0]} “{likeness[3]}”: " + " | ".join(_described(ours[wish.pk]) for wish in group)


def _kind(call: Mapping[str, Any]) -> str:
    method, path = call["method"], call["path"]
    if path == "/v5/pins" and method == "POST":
        return "create"
    if method == "POST" and path.endswith("/save"):
        return "save"
    if method == "GET" and path.endswith("/pins"):
        return "list"
    if method == "GET" and path.startswith("/v5/pins/"):
        return "read one"
    return "token" if "/oauth/" in path else f"{method} other"


def show(verdict: Verdict) -> None:
    for name in WRONGS:
        found: list[str] = getattr(verdict, name)
        print(f"  {name:14}{len(found):5}")
        for line in found[:8]:
            print(f"      {line}")
    print(f"  {'adopted':14}{verdict.adopted:5}")
    late = verdict.lateness
    spans = {
        "late": late.every,
        "… certain": late.certain,
        "… unhurt": late.unhurt,
        "in doubt": late.doubts(),
        "changed after": verdict.changed,
    }
    for name, span in spans.items():
        seconds = sorted(span)
        p50, p99, most = (percentile(seconds, share) for share in (0.5, 0.99, 1))
        print(f"  {name:14}{len(seconds):5}   p50 {p50:.3f} s, p99 {p99:.3f} s, most {most:.3f} s")
    print(
        "  certain: never in doubt, less outages, the hold and Pinterest's pauses; in doubt: from call to end"
    )
    kinds = ", ".join(f"{kind} {n / verdict.wished:.2f}" for kind, n in verdict.calls.most_common())
    print(f"  {'calls a Pin':14}{sum(verdict.calls.values()) / verdict.wished:5.2f}   {kinds}")
