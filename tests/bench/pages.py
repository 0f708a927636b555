"""Queries and milliseconds of home and Queue at 30 and at 3,000 Pins, on PostgreSQL.

Runs itself once more through tests.run, which starts the servers.
"""

from __future__ import annotations

import subprocess
import sys


def main() -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.run", "tests/bench/measure_pages.py", "-q", "-s", "-p", "no:randomly"],
        check=True,
    )
