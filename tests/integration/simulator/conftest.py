"""One simulator for all tests here, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.simulator.harness import Pinterest
from tests.support.simulated import running


@pytest.fixture(scope="session")
def pinterest_process() -> Iterator[Pinterest]:
    with running(Pinterest) as pinterest:
        yield pinterest


@pytest.fixture
def pinterest(pinterest_process: Pinterest) -> Pinterest:
    """Two people, no Pins, every setting as it comes, and a token of alderandoat's."""
    pinterest_process.reset()
    pinterest_process.token = pinterest_process.token_of()
    return pinterest_process
