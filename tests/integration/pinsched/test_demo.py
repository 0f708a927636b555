"""`manage.py seed_demo`: the workspace that simulator mode begins with."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.models import User
from pins.demo import seeding
from pins.models import DailyMetric, Pin, Status
from pins.schedule import agenda
from tests.support.simulated import Simulator

# Not in one transaction: drawing takes longer than the database lets one stand idle.
pytestmark = pytest.mark.django_db(transaction=True)


def seed() -> str:
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


def test_the_demo_has_pins_in_every_state_and_ninety_days_of_numbers(
    simulator: Simulator, settings: Any, client: Client
) -> None:
    settings.SIMULATOR = True
    said = seed()
    assert f"Sign in as {seeding.EMAIL}" in said
    workspace = User.objects.get(email=seeding.EMAIL).workspaces.get()
    counts, _ = agenda.standings(workspace)
    assert sum(counts.values()) >= 60
    for status in (Status.DRAFT, Status.SCHEDULED, Status.PUBLISHED, Status.FAILED, Status.NEEDS_REVIEW):
        assert counts[status.value], status
    assert workspace.accounts.count() == 2
    assert DailyMetric.objects.of(workspace).dates("day", "day").count() >= 85
    # Its published Pins stand on the simulator's boards.
    live = {pin["id"] for username in ("alderandoat", "northlightstudio") for pin in simulator.pins(username)}
    published = Pin.objects.filter(status=Status.PUBLISHED).values_list("pinterest_id", flat=True)
    assert set(published) <= live
    assert client.login(email=seeding.EMAIL, password=seeding.PASSWORD)

    # The second start makes nothing again, and follows the simulator to another port.
    before = Pin.objects.count()
    settings.PINTEREST_API_URL = "http://localhost:1/v5"
    seed()
    assert Pin.objects.count() == before
    assert set(workspace.accounts.values_list("api_url", flat=True)) == {"http://localhost:1/v5"}


def test_the_demo_is_refused_outside_simulator_mode(settings: Any) -> None:
    settings.SIMULATOR = False
    with pytest.raises(CommandError, match="simulator mode"):
        seed()
