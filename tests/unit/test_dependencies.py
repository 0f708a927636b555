"""The check of the locks finds what should not be in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests import dependencies

HASH: Final = f"    --hash=sha256:{'0' * 64}"
GOOD: Final = f"""\
django==5.2.1 \\
{HASH} \\
{HASH}
    # via pinsched
tzdata==2026.6 ; sys_platform == 'win32' \\
{HASH}
"""


def test_a_good_lock_is_good(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(GOOD)
    assert list(dependencies._strange(lock)) == []
    assert dependencies._lock(lock) == {"django": "5.2.1", "tzdata": "2026.6"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--index-url https://packages.example/simple", "not a pinned name"),
        ("--find-links /opt/wheels", "not a pinned name"),
        ("celery>=5", "not a pinned name"),
        ("celery==5.7.0", "celery has no hash"),
        (f"celery==5.7.0 \\\n{HASH[:-1]}", "celery has no hash"),
        ("celery @ https://packages.example/celery.whl", "has an address"),
        ("    # from https://packages.example/simple", "has an address"),
    ],
)
def test_what_does_not_belong_in_a_lock_is_found(line: str, words: str, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"{GOOD}{line}\n")
    assert words in " ".join(dependencies._strange(lock))


def test_what_is_asked_for_and_not_locked_is_found(tmp_path: Path) -> None:
    asked, lock = tmp_path / "requirements.in", tmp_path / "requirements.txt"
    asked.write_text("# What we need\n-c other.txt\nDjango~=5.2\npsycopg[binary]\n")
    lock.write_text(GOOD)
    found = list(dependencies._unlocked(asked, {"requirements.txt": dependencies._lock(lock)}))
    assert found == ["requirements.in: psycopg is not in requirements.txt: run `make lock`"]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"version": "1.0.0", "integrity": "sha1-abc"}, "has no sha512"),
        ({"version": "1.0.0", "integrity": "sha512-a", "resolved": "https://x.example/"}, "names an address"),
        ({"version": "1.0.1", "integrity": "sha512-a"}, "has no uplot 1.0.0"),
    ],
)
def test_an_npm_package_without_its_hash_or_of_another_version_is_found(
    one: dict[str, Any], words: str
) -> None:
    wanted = {"devDependencies": {"uplot": "1.0.0"}}
    assert words in " ".join(dependencies._npm(wanted, {"": {}, "node_modules/uplot": one}))
    loose = dependencies._npm({"devDependencies": {"uplot": "^1.0.0"}}, {})
    assert "uplot is not pinned" in " ".join(loose)
