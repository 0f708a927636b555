"""A Pin that is on Pinterest."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins.models import Pin
from pins.schedule import queue
from tests.support import factories
from tests.support.ticks import fresh, send_all


@pytest.fixture
def pin(workspace: Workspace, account: PinterestAccount) -> Pin:
    """Published, here and there."""
    made = factories.make_pin(workspace, account, picture=factories.make_media(workspace))
    queue.publish_now(made, now=timezone.now())
    send_all()
    return fresh(made)
