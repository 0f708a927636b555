"""Pinterest's own SDK takes the simulator for Pinterest."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.integration.simulator.harness import APP, ROOT, Pinterest

PYTHON: Final = ROOT / ".venv-sdk" / "bin" / "python"


def test_the_official_sdk_works_against_the_simulator(pinterest: Pinterest) -> None:
    if not PYTHON.exists():
        pytest.fail("Pinterest's SDK is not installed: run `make setup-sdk` first.")
    refresh_token = pinterest.control("POST", "/grant", {"username": "alderandoat"})["refresh_token"]
    script = Path(__file__).with_name("sdk_drive.py")
    run = subprocess.run(
        [PYTHON, "-W", "ignore", script, f"{pinterest.url}/v5", *APP, refresh_token],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
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
