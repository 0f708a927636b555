from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.models import User, Workspace
from accounts.rest import throttle
from tests.integration.api.conftest import Caller

pytestmark = pytest.mark.django_db


def test_too_many_requests_are_told_when_to_come_back(
    as_bob: Caller, bob: User, workspace: Workspace, settings: Any
) -> None:
    settings.API_RATE = "3/min"
    answers = [as_bob.get("accounts") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[3].code == "throttled"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert Caller(bob, workspace).get("accounts").status == 200  # each token has its own


def test_a_silent_redis_lets_everybody_through_and_is_logged_once(
    as_bob: Caller, settings: Any, caplog: Any
) -> None:
    settings.API_RATE = "1/min"
    settings.REDIS_URL = "redis://127.0.0.1:9/1"
    with caplog.at_level(logging.WARNING):
        assert [as_bob.get("accounts").status for _ in range(5)] == [200] * 5
    assert caplog.text.count("counters.silent") == 1


@pytest.mark.parametrize("text", ["6000/min", "6000/minute", "5/s", "100 / hour", "10/day"])
def test_rates_that_can_be_read(text: str) -> None:
    assert throttle.rate(text).amount > 0


@pytest.mark.parametrize("text", ["", "6000", "x/min", "6000/fortnight", "/min"])
def test_rates_that_cannot(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="API_RATE"):
        throttle.rate(text)
