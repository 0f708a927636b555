"""A burst: all Pins due in the same second, on many accounts. Pins a second, CPU a Pin, memory.

The simulator answers after 200 ms of waiting, limits lifted, and reads of each picture the header only. Its
CPU, the database's and the broker's are printed apart: ours is launchers, nodes and beat.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.deployment import OURS, Deployment, Weight, deployment
from tests.support.percentile import percentile
from tests.support.waiting import wait_until

PICTURES = 20
QUIET = 6.0  # seconds of idling that are weighed first
NOTICE = 20  # seconds between scheduling and due: more than the dispatcher looks ahead


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    with deployment() as deployed:
        return _measure(deployed, options)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench burst", description=__doc__)
    parser.add_argument("--pins", type=int, default=1000)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--latency", type=int, default=200, help="ms that the simulator waits")
    parser.add_argument("--launchers", type=int, default=1, help="how many `python -m pinsched.worker`")
    parser.add_argument("--grain", type=float, default=40, help="of the pictures: 0 makes tiny files")
    parser.add_argument("--spy", metavar="PY-SPY", help="that program, to sample the thread node by")
    return parser.parse_args(arguments)


def _measure(deployed: Deployment, options: argparse.Namespace) -> int:
    from django.db.models import Max
    from django.utils import timezone

    from pins.models import Attempt, Pin, Status
    from tests.support import crowd

    pinterest = deployed.pinterest
    pinterest.config(limits=None, decode="header", store_images=False, latency_ms=options.latency)
    workspace = crowd.make_workspace()
    accounts = crowd.make_accounts(workspace, pinterest, options.accounts)
    pictures = crowd.make_pictures(workspace, PICTURES, grain=options.grain)
    size = sum(len(crowd.sent_bytes(picture)) for picture in pictures) / len(pictures) / 1024
    deployed.start_product(launchers=options.launchers)
    wait_until(crowd.all_parts_beat, seconds=60, what="the first heartbeats")
    since = pinterest.mark()

    before = deployed.weights()
    time.sleep(QUIET)
    idle = _cpu(deployed.weights(), before) / QUIET
    due = timezone.now() + timedelta(seconds=NOTICE)
    before, began, talked = deployed.weights(), time.monotonic(), _database_talk()
    elsewhere = deployed.elsewhere()
    crowd.queue(accounts, pictures, options.pins, [due])
    spied = _spy(deployed, options.spy) if options.spy else None
    patience = NOTICE + 60 + options.pins / 10
    wait_until(crowd.none_open, seconds=patience, what="all Pins to be settled")
    after, lasted = deployed.weights(), time.monotonic() - began
    elsewhere = (deployed.elsewhere() - elsewhere) / lasted / (os.cpu_count() or 1)
    if spied:
        spied.wait()
    calls = [call for call in _all_calls(deployed, since) if call["path"] == "/v5/pins"]
    published = Pin.objects.filter(status=Status.PUBLISHED).count()
    settled = Pin.objects.filter(status=Status.PUBLISHED).aggregate(last=Max("published_at"))["last"]
    _print(options, size, calls, due, (settled - due).total_seconds(), published)
    _print_weights(before, after, options.pins, idle, lasted)
    sessions, commits = (now - then for now, then in zip(_database_talk(), talked, strict=True))
    talk = f"{sessions / options.pins:.2f} new sessions and {commits / options.pins:.1f} commits a Pin"
    tries = Attempt.objects.count() / options.pins
    print(f"    the database saw {talk}; {tries:.2f} attempts a Pin")
    print(f"    everything else on this machine took {elsewhere:.0%} of its cores meanwhile")
    return 0 if published == options.pins == len(deployed.pinterest.pins()) else 1


def _all_calls(deployed: Deployment, since: int) -> list[dict[str, Any]]:
    return deployed.pinterest.calls(since)


def _print(
    options: argparse.Namespace,
    size: float,
    calls: list[dict[str, Any]],
    due: datetime,
    settled: float,
    published: int,
) -> None:
    arrivals = sorted((datetime.fromisoformat(call["at"]) - due).total_seconds() for call in calls)
    answered = max(
        (datetime.fromisoformat(call["at"]) - due).total_seconds() + call["ms"] / 1000 for call in calls
    )
    print(
        f"{options.pins} Pins of {size:.0f} KiB on {options.accounts} accounts, "
        f"{options.launchers} launcher(s), answers after {options.latency} ms: "
        f"{published} published, {len(calls)} calls"
    )
    print(
        f"  {options.pins / answered:6.1f} Pins/s from due to the last answer ({answered:.2f} s), "
        f"{options.pins / settled:.1f} to the last one settled"
    )
    middle, last = (percentile(arrivals, part) for part in (0.5, 0.99))
    print(f"  the call arrived after due: first {arrivals[0]:.3f} s, p50 {middle:.3f}, p99 {last:.3f}")


def _database_talk() -> tuple[int, int]:
    """Sessions and committed transactions so far, as PostgreSQL counts them: some moments late."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sessions, xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        sessions, commits = cursor.fetchone()
        return sessions, commits


def _cpu(after: dict[str, Weight], before: dict[str, Weight]) -> float:
    return sum(after[part].cpu - before.get(part, Weight()).cpu for part in OURS if part in after)


def _print_weights(
    before: dict[str, Weight], after: dict[str, Weight], pins: int, idle: float, lasted: float
) -> None:
    ours = _cpu(after, before)
    net = ours - idle * lasted
    print(
        f"  {ours / pins * 1000:6.1f} ms CPU a Pin of ours over {lasted:.0f} s; {net / pins * 1000:.1f} "
        f"without what idling takes ({idle * 1000:.0f} ms a second)"
    )
    for part, weight in after.items():
        cpu = weight.cpu - before.get(part, Weight()).cpu
        print(f"    {part:10} {cpu / pins * 1000:6.1f} ms a Pin   peak {weight.peak:5.0f} MiB")
    peak = sum(after[part].peak for part in OURS if part in after)
    print(f"    peak of ours {peak:.0f} MiB (pages that forks share count twice)")


def _spy(deployed: Deployment, program: str) -> subprocess.Popen[bytes]:
    """Samples of the thread node's Python stacks, one a line with its count, for those who make it faster."""
    pid = next(pid for pid, part in deployed.product().items() if part == "threads")
    out = Path("/tmp") / f"burst-{pid}.txt"
    print(f"  stacks of {pid} go to {out}", flush=True)
    words = ["record", "--pid", str(pid), "--rate", "200", "--duration", str(NOTICE + 15), "--gil"]
    return subprocess.Popen(
        [program, *words, "--format", "raw", "--output", str(out)], stdout=subprocess.DEVNULL
    )


if __name__ == "__main__":
    sys.exit(main())
