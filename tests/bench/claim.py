"""Claiming when 100,000 Pins are due: milliseconds a batch, and how PostgreSQL finds them."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta

from tests.support.deployment import Deployment, deployment

BATCHES = 10


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.claim", description=__doc__)
    parser.add_argument("--pins", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=20)
    options = parser.parse_args(arguments)
    with deployment() as deployed:
        return _measure(deployed, options.pins, options.accounts)


def _measure(deployed: Deployment, pins: int, accounts: int) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from pins.publish import dispatch
    from tests.support import crowd

    workspace = crowd.make_workspace()
    pictures = crowd.make_pictures(workspace, 5, grain=0)
    at = timezone.now()
    crowd.queue(crowd.make_accounts(workspace, deployed.pinterest, accounts), pictures, pins, [at])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    took, claimed = [], 0
    for _ in range(BATCHES):
        began = time.perf_counter()
        claimed += len(dispatch.claim(now=timezone.now()))
        took.append((time.perf_counter() - began) * 1000)
        _settle()
    print(
        f"{pins} Pins due on {accounts} accounts: {claimed / BATCHES:.0f} Pins a batch, "
        f"{min(took):.0f} to {max(took):.0f} ms, {sum(took) / claimed:.2f} ms a Pin"
    )
    with CaptureQueriesContext(connection) as asked:
        dispatch.claim(now=timezone.now() + timedelta(seconds=1))
    print(f"{len(asked)} statements in a batch. How the Pins are found:")
    for sql in _finding(asked):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {sql}")
            print("    " + "\n    ".join(line for (line,) in cursor.fetchall()))
    return 0


def _settle() -> None:
    """As if all that was claimed had come to its end: claims that wait to be sent hold back further ones."""
    from pins.models import Attempt, AttemptState, Pin, Status

    Attempt.objects.filter(state=AttemptState.CLAIMED).update(state=AttemptState.REFUSED)
    Pin.objects.filter(status=Status.PUBLISHING).update(status=Status.FAILED)


def _finding(asked: object) -> list[str]:
    """The first SELECT of each kind over the Pins."""
    kinds: dict[str, str] = {}
    for query in asked:  # type: ignore[attr-defined]  # the context iterates over what it captured
        sql = query["sql"]
        if sql.startswith(("SELECT", "WITH")) and '"pins_pin"' in sql:
            kinds.setdefault(sql.partition(" WHERE ")[0], sql)
    return list(kinds.values())


if __name__ == "__main__":
    sys.exit(main())
