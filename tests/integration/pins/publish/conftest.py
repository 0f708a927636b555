"""A picture and a Pin with it that is due now."""

from __future__ import annotations

import pytest

from accounts.models import PinterestAccount, Workspace
from pins.models import Media, Pin
from tests.integration.pins.publish.due_pins import due
from tests.support import factories


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    return factories.make_media(workspace)


@pytest.fixture
def due_pin(workspace: Workspace, account: PinterestAccount, picture: Media) -> Pin:
    return due(workspace, account, picture)
