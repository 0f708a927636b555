"""`make` keeps an environment until a Python of another version is named. Only says what it would do."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.waiting import PATIENCE


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Only the Makefile, and an environment that is complete."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("static/src", "static/public", "templates", "accounts", "pins"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements.txt").touch()
    python_saying(platform.python_version(), tmp_path / ".venv" / "bin" / "python")
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


def python_saying(version: str, at: Path) -> Path:
    """What answers to whatever it is asked with this version."""
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_text(f"#!/bin/sh\necho {version}\n")
    at.chmod(0o755)
    return at


def would_do(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--dry-run", ".venv/.installed", *words]
    return subprocess.run(
        command,
        cwd=tree,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_an_environment_is_kept_while_nobody_names_another_python(tree: Path) -> None:
    assert "up to date" in would_do(tree).stdout
    assert "up to date" in would_do(tree, f"PYTHON={sys.executable}").stdout


def test_another_version_makes_the_environment_anew(tree: Path) -> None:
    other = python_saying("3.99.1", tree / "python3.99")
    said = would_do(tree, f"PYTHON={other}").stdout
    assert f"{other} -m venv --clear .venv\n" in said
    assert "pip install" in said


def test_an_environment_whose_python_is_gone_is_made_anew(tree: Path) -> None:
    (tree / ".venv" / "bin" / "python").unlink()
    assert "python3 -m venv --clear .venv\n" in would_do(tree).stdout


def test_new_requirements_are_installed_into_what_there_is(tree: Path) -> None:
    (tree / ".venv" / ".installed").unlink()
    said = would_do(tree).stdout
    assert "pip install" in said
    assert "-m venv" not in said


def test_a_python_that_does_not_run_is_said_so(tree: Path) -> None:
    done = would_do(tree, "PYTHON=python3.99")
    assert done.returncode != 0
    assert "PYTHON=python3.99 does not run" in done.stderr
