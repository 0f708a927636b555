"""`make chaos`: real launchers, nodes and beat against the simulator, while everything is killed and cut off.

Ends when each Pin is settled, or when patience ends, and prints what came of it. Exit code 0 only if nothing
was lost, doubled, misnamed, early, stuck, failed or left to people, each change of a Pin that was there
before was made, without a call repeated blindly, and nothing left an account while it was on hold.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tests.chaos.size import FULL, SHORT, Size
from tests.support.deployment import Broker, Deployment, JumpingClock, deployment
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.chaos.mischief import Mischief
    from tests.chaos.outages import Stop
    from tests.chaos.people import People

# Of five seeds, by the rest: Pinterest's clock is three minutes behind; a backup is restored in the middle.
BEHIND: Final = 3
RESTORED: Final = 4
STEP: Final = 0.25  # seconds between two looks


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="40 Pins on 4 accounts, three kills")
    parser.add_argument("--pins", type=int)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs behind")
    options = parser.parse_args(arguments)
    size = SHORT if options.short else FULL
    chosen = {name: getattr(options, name) for name in ("pins", "accounts", "minutes")}
    size = replace(size, **{name: value for name, value in chosen.items() if value})
    with deployment(keep=options.keep) as deployed:
        if options.keep:
            print(f"  logs: {deployed.folder}", flush=True)
        return run(deployed, size, options.seed)


def run(deployed: Deployment, size: Size, seed: int) -> int:
    """One deployment with two launchers, one of which has a clock that jumps; and another one on the same
    database, with a beat and a broker of its own."""
    clock, another = JumpingClock(deployed.folder / "clock"), Broker(deployed.folder)

    def start() -> None:
        deployed.start_product(launchers=1)
        deployed.start_launchers(1, **clock.environment)
        deployed.start_product(launchers=1, REDIS_URL=another.url)

    try:
        start()
        return _play(deployed, start, clock, size, seed)
    finally:
        another.stop()


def _play(deployed: Deployment, start: Callable[[], None], clock: JumpingClock, size: Size, seed: int) -> int:
    from django.utils import timezone

    from tests.chaos import cast, mischief, people, verdict
    from tests.chaos.hold import Hold
    from tests.chaos.restore import BACKUP_AT, LOST_AT, Restore
    from tests.support import crowd

    dice = random.Random(seed)
    ahead = timedelta(seconds=round(dice.uniform(-1.5, 1.5), 1))
    if seed % 5 == BEHIND:
        ahead -= timedelta(minutes=3)
    deployed.pinterest.config(order="shuffled", clock_offset_seconds=ahead.total_seconds())
    wait_until(crowd.all_parts_beat, seconds=60, what="the first heartbeats")
    workspace = crowd.make_workspace()
    wished = cast.write(
        workspace,
        deployed.pinterest,
        accounts=size.accounts,
        pins=size.pins,
        burst=size.burst,
        minutes=size.minutes,
        dice=dice,
    )
    wishes = wished.wishes
    first, last = (pick(wish.publish_at for wish in wishes) for pick in (min, max))
    begin, end, burst = ((at - timezone.now()).total_seconds() for at in (first, last, wished.burst_at))
    crew = people.write(workspace, deployed.pinterest, changes=size.changes, begin=begin, end=end, dice=dice)
    stops: list[Stop] = [Hold(deployed.pinterest, wished.leader, at=burst, span=size.held)]
    if seed % 5 == RESTORED:
        backup_at, lost_at = (begin + (end - begin) * share for share in (BACKUP_AT, LOST_AT))
        stops.append(Restore(deployed, start, crew, backup_at, lost_at))
    since = deployed.pinterest.mark()
    mischief.set_faults(deployed.pinterest, dice, times=size.faults)
    print(
        f"  seed {seed}: {len(wishes)} Pins on {size.accounts} accounts, due within {end - begin:.0f} s",
        flush=True,
    )
    print(f"  the simulator's clock is {ahead.total_seconds():+.1f} s off", flush=True)
    trouble = mischief.Mischief(deployed, dice, clock)
    trouble.draw_up(begin=begin - 5, end=end, pause=size.pause, kills=size.kills, absences=size.absences)
    took = endure(deployed, trouble, crew, stops, last_due=end, patience=size.patience)
    found = verdict.judge(
        wishes,
        crew,
        stops,
        deployed.pinterest.pins(),
        deployed.pinterest.calls(since),
        outages=trouble.outages,
        ahead=ahead,
    )
    deeds = ", ".join(f"{name} {times}" for name, times in trouble.done.items())
    print(f"  {took:.0f} s; {deeds}; started {sum(service.starts for service in deployed.services)} services")
    print(f"  libraries read {crew.libraries}, Pins taken for finds {crew.finds()}")
    verdict.show(found)
    return 0 if found.acceptable else 1


def endure(
    deployed: Deployment,
    trouble: Mischief,
    crew: People,
    stops: Sequence[Stop],
    *,
    last_due: float,
    patience: float,
) -> float:
    """Until all is done and every Pin and change is settled, or patience ends; how many seconds that was."""
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < last_due + patience:
        deployed.keep_up()
        trouble.act(elapsed)
        crew.act(elapsed)
        crew.read_a_library(elapsed)
        for stop in stops:
            if said := stop.act(elapsed):
                print(f"  {elapsed:6.1f} s  {said}", flush=True)
        busy = trouble.plan or crew.waiting or not all(stop.is_over for stop in stops)
        if not busy and elapsed > last_due and _patiently(_settled):
            return elapsed
        time.sleep(STEP)
    return elapsed


def _settled() -> bool:
    """Nothing is queued or under way. What waits for a person will wait for ever."""
    from pins.models import Attempt, LiveChange, Pin, Status

    over = (Status.PUBLISHED, Status.DELETED, Status.FAILED, Status.NEEDS_REVIEW)
    waiting = Pin.objects.exclude(status__in=over).exists() or LiveChange.objects.unfinished().exists()
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
