from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from accounts import zones


def test_every_zone_that_is_offered_exists() -> None:
    assert zones.offered()[0] == "UTC"
    assert "Europe/Lisbon" in zones.offered()
    for name in zones.offered():
        assert zones.known(name) == name
        ZoneInfo(name)


def test_what_depends_on_the_server_is_not_offered() -> None:
    assert not {"localtime", "Factory", "Etc/GMT+5"} & set(zones.offered())


@pytest.mark.parametrize("name", ["", "localtime", "Mars/Olympus", "../../etc/passwd", "europe/lisbon"])
def test_what_is_no_zone_is_taken_for_utc(name: str) -> None:
    assert zones.known(name) == "UTC"


def test_a_fixed_offset_is_kept_though_it_is_not_offered() -> None:
    assert zones.known("Etc/GMT+5") == "Etc/GMT+5"
