"""The short form of `make chaos`: forty Pins, every kind of fault, three kills; broker, database
and media go away, a node freezes, a clock jumps."""

from __future__ import annotations

import subprocess
import sys

from tests.support.deployment import ROOT


def test_nothing_is_lost_or_doubled_while_everything_is_killed_and_cut_off() -> None:
    """On servers and processes of its own; the words of the failure are the verdict's table."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--short", "--seed", "11"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
