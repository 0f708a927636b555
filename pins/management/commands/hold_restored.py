"""Holds every account after a restore from a backup. Run it before worker and beat are started."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from accounts import clock
from pins.publish import restored


class Command(BaseCommand):
    help = (
        "After a restore: hold every account, until its people end the hold. Then what is in its queue is "
        "compared with Pinterest before it is sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="when the backup was made, with its zone: 2026-11-23T02:00Z")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        since = _moment(options["since"] or "", now)
        count = restored.hold_all(since=since, now=now)
        moment = f"{since:%Y-%m-%d %H:%M %Z}"
        self.stdout.write(
            f"{count} accounts on hold. What went out since {moment} is looked for on Pinterest."
        )
        self.stdout.write("Was the backup made earlier, say so: an earlier time always counts.")


def _moment(said: str, now: datetime) -> datetime:
    """No row tells it: workers that ran on the restored rows for a moment left younger signs of life."""
    if not said:
        raise CommandError(
            "Say when the backup was made: --since 2026-11-23T02:00Z. What went out since then is looked for "
            "on Pinterest; if you don’t know it to the minute, take an earlier time."
        )
    try:
        since = parse_datetime(said)
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        raise CommandError("--since takes a date, a time and a zone: 2026-11-23T02:00Z.")
    if since > now:
        raise CommandError("--since is when the backup was made, and that time is still to come.")
    return since
