"""`manage.py seed_demo`: migrations and the demo workspace of simulator mode; prints how to sign in.

Both in one process, because `make run` waits for it at each start.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pins.demo import seeding


class Command(BaseCommand):
    help = "Make the demo workspace of simulator mode, unless it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SIMULATOR:
            raise CommandError("The demo is for simulator mode: real accounts stay untouched.")
        call_command("migrate", interactive=False, verbosity=0)
        seeding.follow_simulator()
        if not seeding.exists():
            self.stdout.write("First start: making a demo workspace. This takes some seconds.")
            for step in seeding.seed(now=timezone.now()):
                self.stdout.write(f"  {step}")
        self.stdout.write(f"\n  Sign in as {seeding.EMAIL} with the password {seeding.PASSWORD}\n")
