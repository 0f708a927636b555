"""While some thousand Pins of one account drain: how late the few of twenty others leave."""

from __future__ import annotations

import argparse
import random
import sys
from datetime import datetime, timedelta

from tests.support.deployment import Deployment, deployment
from tests.support.percentile import percentile
from tests.support.waiting import wait_until

NOTICE = 20  # seconds between scheduling and due: more than the dispatcher looks ahead
PARTS = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("last", 1.0))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fair", description=__doc__)
    parser.add_argument("--pins", type=int, default=5000, help="of the one account, all due at once")
    parser.add_argument("--others", type=int, default=20)
    parser.add_argument("--each", type=int, default=10, help="Pins of each of the others, at random instants")
    parser.add_argument("--latency", type=int, default=200, help="ms that the simulator waits")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with deployment() as deployed:
        return _measure(deployed, options)


def _measure(deployed: Deployment, options: argparse.Namespace) -> int:
    from django.utils import timezone

    from pins.models import Pin, Status
    from tests.support import crowd

    pinterest, dice = deployed.pinterest, random.Random(options.seed)
    pinterest.config(limits=None, decode="header", store_images=False, latency_ms=options.latency)
    workspace = crowd.make_workspace()
    noisy, *others = crowd.make_accounts(workspace, pinterest, 1 + options.others)
    pictures = crowd.make_pictures(workspace, 5, grain=10)
    deployed.start_product(launchers=1)
    wait_until(crowd.all_parts_beat, seconds=60, what="the first heartbeats")
    since = pinterest.mark()
    due = timezone.now() + timedelta(seconds=NOTICE + options.pins / 500)
    elsewhere = deployed.elsewhere()
    begun = timezone.now()
    crowd.queue([noisy], pictures, options.pins, [due])
    span = options.pins / 150  # seconds that the many take at the least, and a little less
    times = [due + timedelta(seconds=span * dice.random()) for _ in range(options.others * options.each)]
    crowd.queue(others, pictures, len(times), times)
    wait_until(crowd.none_open, seconds=120 + options.pins / 10, what="all Pins to be settled")

    arrived = {call["rid"]: datetime.fromisoformat(call["at"]) for call in pinterest.calls(since)}
    many, few = (_late(arrived, pks) for pks in ([noisy.pk], [each.pk for each in others]))
    lasted = (timezone.now() - begun).total_seconds()
    print(f"{len(many)} Pins of one account, due at once: {len(many) / max(many):.0f} a second")
    shown = ", ".join(f"{name} {percentile(few, part) * 1000:.0f} ms" for name, part in PARTS)
    print(
        f"  {len(few)} of {options.others} others meanwhile, late: {shown}; {sum(s < 0 for s in few)} early"
    )
    busy = (deployed.elsewhere() - elsewhere) / lasted
    print(f"  everything else on this machine took {busy:.1f} cores meanwhile")
    return 0 if not Pin.objects.exclude(status=Status.PUBLISHED).exists() else 1


def _late(arrived: dict[str, datetime], accounts: list[int]) -> list[float]:
    """Seconds of each call of these accounts after its time."""
    from pins.models import Attempt

    wished = Attempt.objects.filter(state="succeeded", pin__account__in=accounts)
    rows = wished.values_list("request_id", "pin__publish_at")
    return sorted((arrived[rid] - at).total_seconds() for rid, at in rows if at is not None)


if __name__ == "__main__":
    sys.exit(main())
