"""Queries and milliseconds (p50, p95) of each list, page and API, at 1,000 and 100,000 Pins, on PostgreSQL.

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
