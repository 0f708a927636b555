"""A picture for tests of the media store."""

from __future__ import annotations

import pytest

from accounts.models import Workspace
from pins.models import Media
from tests.support import factories


@pytest.fixture
def upload(workspace: Workspace) -> Media:
    """Taken in, and not prepared yet."""
    return factories.make_media(workspace, ready=False)
