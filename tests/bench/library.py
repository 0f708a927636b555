"""Reading a library of 20,000 Pins among 120,000 rows: when all is new, and when nothing is."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.support.deployment import Deployment, deployment

if TYPE_CHECKING:
    from accounts.models import PinterestAccount

PAGE = 250  # Pins, as Pinterest gives them


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.library", description=__doc__)
    parser.add_argument("--pins", type=int, default=20_000)
    parser.add_argument("--others", type=int, default=100_000, help="rows that are none of this account's")
    options = parser.parse_args(arguments)
    with deployment() as deployed:
        return _measure(deployed, options.pins, options.others)


def _measure(deployed: Deployment, pins: int, others: int) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from pins.models import Pin
    from tests.support import crowd

    workspace = crowd.make_workspace()
    account, *rest = crowd.make_accounts(workspace, deployed.pinterest, 11)
    crowd.queue(rest, crowd.make_pictures(workspace, 5, grain=0), others, [timezone.now()])
    made = (timezone.now() - timedelta(days=30)).isoformat()
    plans = [{"board": "Desks", "title": f"Fern {n}", "created_at": made} for n in range(pins)]
    deployed.pinterest.person(account.username, pins=plans)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _read(account, "all are new")
    Pin.objects.filter(account=account).update(updated_at=timezone.now() - timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _read(account, "none is new")
    with CaptureQueriesContext(connection) as asked:
        _read(account, "once more, watched")
    known = next(q["sql"] for q in asked if '"pinterest_id" IN' in q["sql"] and '"pins_pin"' in q["sql"])
    print(f"{len(asked) / (pins / PAGE):.1f} statements a page. How the known ones are found:")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {known}")
        print("    " + "\n    ".join(line[:160] for (line,) in cursor.fetchall()))
    return 0


def _read(account: PinterestAccount, what: str) -> None:
    from pins.live import library

    began, cpu = time.perf_counter(), time.process_time()
    report = library.sync(account)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    whole, ours = (seconds / (report.pins / PAGE) * 1000 for seconds in (took, cpu))
    print(f"{report.pins} Pins, {what}: {took:.1f} s, {whole:.0f} ms a page, {ours:.0f} of them CPU of ours")


if __name__ == "__main__":
    sys.exit(main())
