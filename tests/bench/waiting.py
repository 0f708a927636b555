"""500 and 500,000 Pins of one account due at one instant: what the dispatcher's ticks and looks cost."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.support.deployment import Deployment, deployment

if TYPE_CHECKING:
    from pins.models import Pin


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.waiting", description=__doc__)
    parser.add_argument("--pins", type=int, nargs="+", default=[500, 500_000])
    options = parser.parse_args(arguments)
    with deployment() as deployed:
        for number in options.pins:
            _measure(deployed, number)
    return 0


def _measure(deployed: Deployment, number: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from accounts import quota
    from pins import operations
    from pins.models import Attempt, Pin, Status
    from pins.notifications.problems import lateness
    from pins.publish import dispatch
    from tests.support import crowd, factories

    workspace = factories.make_workspace(factories.make_user(f"many{number}@example.com"))
    deployed.pinterest.person(f"many{number}", boards=list(crowd.BOARDS))
    account = factories.connect(workspace, deployed.pinterest, f"many{number}")
    Pin.objects.all().update(status=Status.DRAFT)
    due = timezone.now() - timedelta(minutes=2)
    _fill(factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=due), number)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE pins_pin")

    print(f"{number:,} due Pins of one account")
    print(f"  a tick that claims                      {_ms(lambda: dispatch.claim(now=timezone.now()))}")
    Attempt.objects.all().delete()
    Pin.objects.filter(status=Status.PUBLISHING).update(status=Status.DRAFT)
    quota.pause(account, "org_write", timedelta(minutes=10))
    for when in ("first", "next "):
        took = _ms(lambda: dispatch.claim(now=timezone.now()))
        print(f"  the {when} tick without quota            {took}")
    mine = Pin.objects.filter(account=account)
    looks: dict[str, Callable[[], object]] = {
        "what is late, for the operations page": lambda: operations.lateness(timezone.now()),
        "what is late for nothing, for notices": lambda: lateness.late(timezone.now()).exists(),
        "reasons, for the account’s page": lambda: list(mine.put_off().by_reason()),
    }
    for name, look in looks.items():
        print(f"  {name:39} {_ms(look)}", flush=True)


def _fill(pin: Pin, number: int) -> None:
    """So many like it, in one statement."""
    from django.db import connection

    columns = [
        connection.ops.quote_name(field.column) for field in pin._meta.concrete_fields[1:] if field.column
    ]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        copied = f"SELECT {names} FROM pins_pin, generate_series(2, %s) WHERE id = %s"
        cursor.execute(f"INSERT INTO pins_pin ({names}) {copied}", [number, pin.pk])


def _ms(call: Callable[[], object]) -> str:
    began = time.perf_counter()
    call()
    return f"{(time.perf_counter() - began) * 1000:8.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
