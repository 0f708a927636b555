"""`make chaos`: real launchers, nodes and beat against the simulator, while everything is killed and cut off.

Ends when each Pin is settled, or when patience ends, and prints what came of it. Exit code 0 only if nothing
was lost, doubled, misnamed, early, stuck, failed or left to people.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tests.deployment import Deployment, deployment, wait_until

if TYPE_CHECKING:
    from tests.chaos.mischief import Mischief

LAUNCHERS: Final = 2
STEP: Final = 0.25  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Size:
    """`patience` is in seconds after the last Pin is due: one that is hurt again and again takes its time."""

    pins: int
    accounts: int
    minutes: float
    patience: float
    pause: tuple[float, float]  # seconds between kills
    kills: int | None = None
    faults: int | None = None


FULL: Final = Size(pins=500, accounts=10, minutes=3, patience=420, pause=(3, 7))
SHORT: Final = Size(pins=40, accounts=4, minutes=0.25, patience=150, pause=(3, 5), kills=3, faults=2)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="40 Pins on 4 accounts, three kills")
    parser.add_argument("--pins", type=int)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs behind")
    options = parser.parse_args(arguments)
    plain = SHORT if options.short else FULL
    size = Size(
        options.pins or plain.pins,
        options.accounts or plain.accounts,
        options.minutes or plain.minutes,
        *(plain.patience, plain.pause, plain.kills, plain.faults),
    )
    with deployment(keep=options.keep) as deployed:
        if options.keep:
            print(f"  logs: {deployed.folder}", flush=True)
        return run(deployed, size, options.seed)


def run(deployed: Deployment, size: Size, seed: int) -> int:
    from django.utils import timezone

    from tests import crowd
    from tests.chaos import cast, mischief, verdict

    dice = random.Random(seed)
    ahead = timedelta(seconds=round(dice.uniform(-1.5, 1.5), 1))
    deployed.pinterest.control("config", {"order": "shuffled", "clock_offset_seconds": ahead.total_seconds()})
    deployed.start_product(launchers=LAUNCHERS)
    wait_until(crowd.all_parts_beat, seconds=60, what="the first heartbeats")
    wishes = cast.write(
        crowd.make_workspace(),
        deployed.pinterest,
        accounts=size.accounts,
        pins=size.pins,
        minutes=size.minutes,
        dice=dice,
    )
    _, since = deployed.pinterest.calls()
    mischief.set_faults(deployed.pinterest, dice, times=size.faults)
    first, last = (pick(wish.publish_at for wish in wishes) for pick in (min, max))
    begin, end = ((at - timezone.now()).total_seconds() for at in (first, last))
    print(
        f"  seed {seed}: {len(wishes)} Pins on {size.accounts} accounts, due within {end - begin:.0f} s",
        flush=True,
    )
    print(f"  the simulator's clock is {ahead.total_seconds():+.1f} s off", flush=True)
    trouble = mischief.Mischief(deployed, dice)
    trouble.draw_up(begin=begin - 5, end=end, pause=size.pause, kills=size.kills)
    took = endure(deployed, trouble, last_due=end, patience=size.patience)
    found = verdict.judge(wishes, deployed.pinterest.pins(), deployed.pinterest.calls(since)[0], ahead=ahead)
    deeds = ", ".join(f"{name} {times}" for name, times in trouble.done.items())
    print(f"  {took:.0f} s; {deeds}; started {sum(service.starts for service in deployed.services)} services")
    verdict.show(found)
    return 0 if found.acceptable else 1


def endure(deployed: Deployment, trouble: Mischief, *, last_due: float, patience: float) -> float:
    """Until all mischief is done and every Pin is settled, or patience ends; how many seconds that was."""
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < last_due + patience:
        deployed.keep_up()
        trouble.act(elapsed)
        if not trouble.plan and elapsed > last_due and _patiently(_settled):
            return elapsed
        time.sleep(STEP)
    return elapsed


def _settled() -> bool:
    """Nothing is queued or under way. What waits for a person will wait for ever."""
    from pins.models import Attempt, Pin, Status

    over = (Status.PUBLISHED, Status.FAILED, Status.NEEDS_REVIEW)
    waiting = Pin.objects.exclude(status__in=over).exists()
    under_way = Attempt.objects.filter(state__in=("claimed", "sent", "unknown"))
    return not waiting and not under_way.exclude(pin__status=Status.NEEDS_REVIEW).exists()


def _patiently(ask: Callable[[], bool]) -> bool:
    """The database may be away just now: then, not yet."""
    from django.db import Error, connections

    try:
        return ask()
    except Error:
        connections.close_all()
        return False


if __name__ == "__main__":
    sys.exit(main())
