"""The API against its own OpenAPI document: schemathesis asks what it allows, and what it doesn't, over HTTP.

Here briefly and always alike. For a long look: more examples, another `--seed`, as docs/security.md says.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.utils import timezone

from accounts.models import Board, BoardSection, PinterestAccount, Workspace
from pins.models import Attempt, AttemptState, Media, Pin, Status
from tests.conftest import ROOT
from tests.integration.api.conftest import Caller
from tests.support import factories
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.processes]

HOOKS: Final = "tests.integration.api.known_ids"
# What the document can't say (a cursor is one of ours, a title has a hundred letters) is refused with 422.
CONFIG: Final = """
warnings = false
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 403, 404, 409, 413, 422]
[phases.stateful.generation]
max-examples = 6
"""


@pytest.fixture
def house(
    transactional_db: None, workspace: Workspace, shop: PinterestAccount, board: Board, section: BoardSection
) -> dict[str, list[str]]:
    """Pins in every state with what belongs to them: their ids."""
    now = timezone.now()
    pictures = [factories.make_media(workspace, ready=ready) for ready in (True, False)]
    pins = [
        factories.make_pin(workspace, shop, status=status, picture=pictures[0], title=f"{status} {n}")
        for status in Status
        for n in range(2)
        if status != Status.DELETED
    ]
    for pin in pins:
        Attempt.objects.create(
            pin=pin, state=AttemptState.REFUSED, started_at=now, lease_until=now, settled_at=now
        )
        for ago in (1, 2):
            day = (now - timedelta(days=ago)).date()
            pin.metrics.create(day=day, account=shop, impressions=5, pin_clicks=1, read_at=now)
    return {
        "account": [f"acc_{shop.pk}"],
        "board": [f"brd_{board.pk}"],
        "section": [f"sec_{section.pk}"],
        "media_id": [f"med_{picture.pk}" for picture in pictures],
        "pin_id": [f"pin_{pin.pk}" for pin in pins],
    }


def test_the_api_is_what_its_document_says(
    house: dict[str, list[str]], as_bob: Caller, live_server: Any, tmp_path: Path
) -> None:
    document = requests.get(f"{live_server.url}/api/v1/openapi.json", timeout=PATIENCE).json()
    operations = sum(len(path) for path in document["paths"].values())
    lists = ("accounts", "boards", "pins", "metrics?group=day", "metrics?group=pin")
    house["cursor"] = ["", *(cursor for path in lists for cursor in _cursors(as_bob.get, path))]
    before = Pin.objects.count(), Media.objects.count()

    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    known = {"SCHEMATHESIS_HOOKS": HOOKS, "KNOWN_IDS": json.dumps(house)}
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "schemathesis.cli"),
            *("run", f"{live_server.url}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {as_bob.plain}"),
            *("--checks", "all", "--max-examples", "10", "--seed", "1", "--generation-deterministic"),
            *("--continue-on-failure", "--no-color", "--request-timeout", str(PATIENCE)),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | known,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) == operations >= 15
    # It came further than to the refusals.
    assert Pin.objects.count() > before[0]
    assert Pin.objects.filter(status=Status.DELETED).exists() or Pin.objects.filter(title="").exists()


def _cursors(get: Callable[[str], Any], path: str) -> list[str]:
    address = get(f"{path}{'&' if '?' in path else '?'}limit=1").body["next"]
    return parse_qs(urlsplit(address).query)["cursor"] if address else []
