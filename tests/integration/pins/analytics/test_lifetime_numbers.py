"""Comments and reactions, of which Pinterest says no day: kept from the call that brings the days."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import PinterestAccount, User
from pins.analytics import figures, pull, rows
from pins.models import LifetimeMetric, Pin
from pins.rules import metrics
from tests.conftest import SignIn
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db

COMMENTS, REACTIONS = (metric.wire for metric in metrics.LIFETIME)


def known(pin: Pin) -> list[tuple[int | None, ...]]:
    names = [metric.name for metric in metrics.LIFETIME]
    return list(LifetimeMetric.objects.filter(pin=pin).values_list(*names))


@pytest.mark.parametrize("beta", [True, False])
def test_they_come_with_the_call_that_brings_the_days(
    old_pin: Pin, account: PinterestAccount, simulator: Simulator, beta: bool
) -> None:
    simulator.config(beta=beta)
    assert pull.pull(account, now=timezone.now()).read == 1
    (found,) = known(old_pin)
    assert None not in found
    asked = [
        call["path"] for call in simulator.calls() if "analytics" in call["path"] and call["status"] == 200
    ]
    assert asked == [f"/v5/pins/{old_pin.pinterest_id}/analytics"]


def test_a_row_is_written_when_one_is_new_and_a_known_one_stays(old_pin: Pin) -> None:
    now = timezone.now()
    rows.store_lifetime({old_pin: {}}, now=now)
    assert known(old_pin) == []
    rows.store_lifetime({old_pin: {COMMENTS: 2, REACTIONS: None}}, now=now)
    assert known(old_pin) == [(2, None)]
    rows.store_lifetime({old_pin: {COMMENTS: None, REACTIONS: 5}}, now=now + timedelta(days=1))
    assert known(old_pin) == [(2, 5)]
    rows.store_lifetime({old_pin: {COMMENTS: 2, REACTIONS: 5}}, now=now + timedelta(days=2))
    assert LifetimeMetric.objects.get(pin=old_pin).read_at == now + timedelta(days=1)
    rows.store_lifetime({old_pin: {COMMENTS: 1, REACTIONS: 5}}, now=now + timedelta(days=3))
    assert known(old_pin) == [(1, 5)], "a comment was taken back"


def test_the_pins_page_shows_them_beside_its_totals(
    old_pin: Pin, account: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    assert figures.totals(old_pin) == []
    pull.pull(account, now=timezone.now())
    LifetimeMetric.objects.filter(pin=old_pin).update(comments=1234, reactions=None)
    page = client_of(alice).get(f"/pins/{old_pin.pk}/").text
    found = dict(
        re.findall(r'<p class="text-sm text-ink-2">([^<]+)</p>\s*<p class="figure mt-1">([^<]+)</p>', page)
    )
    assert list(found) == [metric.label for metric in (*metrics.SHOWN, *metrics.LIFETIME)]
    assert (found["Comments"], found["Reactions"]) == ("1,234", "–")
