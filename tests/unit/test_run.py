"""What `tests.run` starts ends with it, however it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.processes import children, is_alive
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
LASTING = """
import os, pathlib, threading

def test_that_lasts():
    noted = pathlib.Path(__file__).with_name("database")
    noted.with_suffix(".new").write_text(os.environ["DATABASE_URL"])
    noted.with_suffix(".new").rename(noted)
    threading.Event().wait()
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_what_it_started_ends_with_it(told: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "test_lasting.py").write_text(LASTING)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    named = ("DATABASE_URL", "REDIS_URL")  # by the run that we are part of
    environment = {name: value for name, value in os.environ.items() if name not in named}
    command = [sys.executable, "-m", "tests.run", str(tmp_path), "-q", "-p", "no:cacheprovider"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as run:
        noted = tmp_path / "database"
        wait_until(lambda: noted.exists() or run.poll() is not None, what="the test to begin")
        assert run.poll() is None, run.stdout and run.stdout.read()
        (folder,) = parse_qs(urlsplit(noted.read_text()).query)["host"]
        postgres = int((Path(folder) / "postmaster.pid").read_text().split()[0])
        started = [*children(run.pid), postgres]
        assert len(started) >= 3  # Valkey, pytest, PostgreSQL
        run.send_signal(told)
        assert run.wait(PATIENCE) == 128 + told
    assert [pid for pid in started if is_alive(pid)] == []
    assert not Path(folder).exists()
