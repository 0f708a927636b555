"""The newest zone data is used, the machine's or the wheel's, in every process and from its first instant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from pinsched import zonedata
from pinsched.zonedata import ZoneData
from tests.conftest import ROOT
from tests.support.product_settings import SETTINGS
from tests.support.zone_files import RULES_OF_2025B, zone_folder

# 09:00 on 10 January 2027 there, in UTC, by the laws of 2026.
RIGHT: Final = {
    "America/Vancouver": "2027-01-10T16:00:00+00:00",
    "America/Edmonton": "2027-01-10T15:00:00+00:00",
    "America/Winnipeg": "2027-01-10T14:00:00+00:00",
    "America/Havana": "2027-01-10T13:00:00+00:00",
    "Africa/Casablanca": "2027-01-10T09:00:00+00:00",
}
LOOK: Final = """
import json, zoneinfo
from datetime import date, time
from accounts import zones
from pins.rules import localtime
from pinsched import zonedata
nine = {name: localtime.instant(date(2027, 1, 10), time(9), zones.clock(name)).isoformat() for name in %r}
print(json.dumps({"nine": nine, "in_use": str(zonedata.in_use()), "offered": zones.offered()}))
"""
# How each process comes to a working Django; worker and beat by Celery's loader.
STARTS: Final = {
    "web": "import pinsched.wsgi",
    "worker": "from pinsched.celery import app; app.loader.init_worker()",
    "beat": "from pinsched.celery import app; app.loader.init_worker(); app.finalize()",
    "manage.py": "",
}


def started(process: str, folder: Path) -> dict[str, Any]:
    """What a process says of its clocks, on a machine with this zone data."""
    code = f"{STARTS[process]}\n{LOOK % (tuple(RIGHT),)}"
    command = ["manage.py", "shell", "--no-imports", "-c"] if process == "manage.py" else ["-c"]
    done = subprocess.run(
        [sys.executable, *command, code],
        cwd=ROOT,
        env=os.environ | SETTINGS | {"PYTHONTZPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("process", STARTS)
def test_on_a_machine_with_old_rules_every_process_runs_by_the_wheels(process: str, tmp_path: Path) -> None:
    found = started(process, zone_folder(tmp_path, RULES_OF_2025B, version="2025b"))
    assert found["nine"] == RIGHT
    assert found["in_use"].endswith("from tzdata wheel")


def test_a_machine_with_newer_rules_keeps_them_and_takes_from_the_wheel_what_it_lacks(tmp_path: Path) -> None:
    """Vancouver made an hour of its own in 2099; of Havana this machine knows nothing."""
    newer = {name: rule for name, rule in RULES_OF_2025B.items() if name != "America/Havana"}
    folder = zone_folder(tmp_path, newer | {"America/Vancouver": "<-0630>6:30"}, version="2099a")
    found = started("web", folder)
    assert found["nine"]["America/Vancouver"] == "2027-01-10T15:30:00+00:00"
    assert found["nine"]["America/Havana"] == RIGHT["America/Havana"]
    assert found["in_use"] == f"2099a, from {tmp_path}"
    assert "Asia/Kolkata" in found["offered"]


@pytest.mark.parametrize(
    ("note", "says", "version"),
    [
        ("tzdata.zi", "# version 2025b\n# ddeps backzone\n", "2025b"),
        ("tzdata.zi", "# version 2025b-dirty\n", "2025b"),
        ("tzdata.zi", "# version unknown\n", ""),
        ("tzdata.zi", "\0" * 500, ""),
        ("+VERSION", "2024a\n", "2024a"),
        ("README", "2099a", ""),
    ],
)
def test_a_folder_says_its_version(note: str, says: str, version: str, tmp_path: Path) -> None:
    folder = zone_folder(tmp_path, {}, note=note, says=says)
    assert zonedata._version(folder) == version


def test_versions_sort_as_the_iana_counts_and_none_is_the_oldest() -> None:
    versions = ["", "1996a", "2025b", "2026", "2026a", "2026z", "2026za", "2027a"]
    found = sorted(reversed(versions), key=lambda version: ZoneData(version, None).age)
    assert found == versions


def test_of_equal_versions_the_wheels_is_used(tmp_path: Path) -> None:
    wheel = zonedata.newest([])
    assert zonedata.newest([str(zone_folder(tmp_path, {}, version=wheel.version))]) == wheel


@pytest.mark.parametrize("name", ["nowhere", "empty", "a_file"])
def test_a_folder_without_zones_is_passed_over_whatever_it_says(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "tzdata.zi").write_text("# version 2099a\n")
    (tmp_path / "a_file").write_text("# version 2099a\n")
    assert zonedata.newest([str(tmp_path / name)]).folder is None


def test_of_a_machines_folders_the_newest_counts(tmp_path: Path) -> None:
    older = zone_folder(tmp_path / "older", {}, version="2098a")
    newer = zone_folder(tmp_path / "newer", {}, version="2098b")
    assert zonedata.newest([str(older), str(newer)]) == ZoneData("2098b", newer)


def test_data_is_old_from_the_july_after_its_year() -> None:
    data = ZoneData("2026f", None)
    assert not data.is_old(date(2027, 6, 30))
    assert data.is_old(date(2027, 7, 1))
    assert ZoneData("", Path("/nowhere")).is_old(date(2027, 1, 1))
