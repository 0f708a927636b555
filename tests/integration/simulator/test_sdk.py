"""Pinterest's own SDK takes the simulator for Pinterest, in every operation there is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from pinsched.simulator.routes import MAP, OPERATIONS
from tests.integration.simulator.harness import APP, EVERY_SCOPE, ROOT, Pinterest
from tests.support.waiting import PATIENCE

PYTHON: Final = ROOT / ".venv-sdk" / "bin" / "python"
# For system users, which our app has none of; the SDK has no call for it either.
NOT_DRIVEN: Final = {("POST", "/oauth/token/revoke")}


def test_the_official_sdk_works_against_the_simulator(pinterest: Pinterest) -> None:
    if not PYTHON.exists():
        pytest.fail("Pinterest's SDK is not installed: run `make setup-sdk` first.")
    wish = {"username": "alderandoat", "scope": EVERY_SCOPE}
    refresh_token = pinterest.control("grant", wish)["refresh_token"]
    pinterest.config(media_seconds=0.3)
    since = max((call["seq"] for call in pinterest.calls()), default=0)
    script = Path(__file__).with_name("sdk_drive.py")
    run = subprocess.run(
        [PYTHON, "-W", "ignore", script, f"{pinterest.url}/v5", *APP, refresh_token],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["username"] == "alderandoat"
    assert len(told["boards"]) == 7
    assert told["last_bookmark"] is None
    (stored,) = pinterest.pins()
    assert (stored["title"], stored["link"]) == ("From the SDK", "https://sdk.example/")
    assert told["pin"]["id"] == stored["id"]
    assert told["pin"]["created_at"][:19] == stored["created_at"][:19]
    assert told["media_type"] == "image"
    assert told["listed"] == told["on_board"] == [stored["id"]]
    assert set(told["statuses"]) <= {"BEFORE_PIN_CREATED", "ESTIMATE", "PROCESSING", "READY"}
    assert told["refused"]["status"] == 400
    assert "spam" in told["refused"]["body"]["message"]

    assert told["batch"] in ([], [stored["id"]])  # a Pin without numbers yet is left out
    assert told["account_days"] == 4
    assert told["changed"] == {
        "title": "After",
        "alt_text": "Two",
        "slots": ["Side", "Back"],
        "saved": [True, True, None],
        "left": [],
    }
    assert told["boards_changed"] == {
        "name": "New name",
        "privacy": "SECRET",
        "sections": ["Left"],
        "inside": True,
    }
    assert told["video"] == {"upload": 204, "statuses": ["succeeded"], "pin": "video"}
    assert told["searched"] == {
        "related": ["home office", "sourdough"],
        "suggested": 3,
        "trends": ["int"] * 4,
    }
    assert driven(pinterest, since) == {(each.method, each.path) for each in OPERATIONS} - NOT_DRIVEN


def driven(pinterest: Pinterest, since: int) -> set[tuple[str, str]]:
    """The operations that were called and answered well."""
    done = [
        call for call in pinterest.calls(since) if call["path"].startswith("/v5/") and call["status"] < 300
    ]
    found = [MAP.match(call["path"], call["method"])[0] for call in done]
    return {(operation.method, operation.path) for operation in found}
