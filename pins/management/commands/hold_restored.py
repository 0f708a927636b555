"""Holds every account after a restore from a backup. Run it before worker and beat are started."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from accounts import clock
from pins import restored


class Command(BaseCommand):
    help = (
        "After a restore: hold every account, until its people end the hold. Then what is in its queue is "
        "compared with Pinterest before it is sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            help="when the backup was made, with its zone (2026-11-23T02:00Z); unless given, the last sign "
            "of life in the database",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        since = restored.backed_up_at(now)
        if said := options["since"]:
            since = parse_datetime(said)
            if since is None or since.tzinfo is None:
                raise CommandError("--since takes a date, a time and a zone: 2026-11-23T02:00Z.")
        count = restored.hold_all(since=since, now=now)
        moment = f"{since:%Y-%m-%d %H:%M %Z}" if since else "each account was connected"
        self.stdout.write(
            f"{count} accounts on hold. What went out since {moment} is looked for on Pinterest."
        )
        self.stdout.write("Was the backup made earlier, say when: --since. An earlier time always counts.")
