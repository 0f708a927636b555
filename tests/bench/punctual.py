"""Punctuality on an idle system: Pins at random instants, and how late each call reached the simulator."""

from __future__ import annotations

import argparse
import random
import sys
from datetime import datetime, timedelta

from tests.support.deployment import Deployment, deployment
from tests.support.percentile import percentile
from tests.support.waiting import wait_until

NOTICE = 20  # seconds from now to the first Pin


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.punctual", description=__doc__)
    parser.add_argument("--pins", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with deployment() as deployed:
        return _measure(deployed, options.pins, options.minutes, random.Random(options.seed))


def _measure(deployed: Deployment, pins: int, minutes: float, dice: random.Random) -> int:
    from django.utils import timezone

    from pins.models import Attempt
    from tests.support import crowd

    pinterest = deployed.pinterest
    pinterest.config(decode="header", store_images=False)
    workspace = crowd.make_workspace()
    accounts = crowd.make_accounts(workspace, pinterest, 5)
    pictures = crowd.make_pictures(workspace, 5, grain=10)
    deployed.start_product(launchers=1)
    wait_until(crowd.all_parts_beat, seconds=60, what="the first heartbeats")
    since = pinterest.mark()
    begin = timezone.now() + timedelta(seconds=NOTICE)
    times = [begin + timedelta(minutes=minutes * dice.random()) for _ in range(pins)]
    crowd.queue(accounts, pictures, pins, times)
    wait_until(crowd.none_open, seconds=NOTICE + minutes * 60 + 60, what="all Pins to be settled")

    arrived = {call["rid"]: datetime.fromisoformat(call["at"]) for call in pinterest.calls(since)}
    wished = Attempt.objects.filter(state="succeeded").values_list("request_id", "pin__publish_at")
    late = sorted((arrived[rid] - at).total_seconds() for rid, at in wished if at is not None)
    early = sum(seconds < 0 for seconds in late)
    shown = ", ".join(f"{name} {percentile(late, part) * 1000:.1f} ms" for name, part in PARTS)
    print(f"{len(late)} of {pins} Pins within {minutes:g} minutes: {shown}; {early} early")
    return 0 if len(late) == pins and not early else 1


PARTS = (("first", 0.0), ("p50", 0.5), ("p99", 0.99), ("last", 1.0))


if __name__ == "__main__":
    sys.exit(main())
