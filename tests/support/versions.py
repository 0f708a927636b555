"""What a run of the suite stood on, in one line: green says nothing without it."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import subprocess

import django
import psycopg
from redis import Redis


def line(postgres: str, redis: str) -> str:
    """Of this Python and what it uses, of the servers at these addresses, and of the browser."""
    return ", ".join(
        (
            f"Python {platform.python_version()}",
            f"Django {django.get_version()}",
            f"PostgreSQL {_postgres(postgres)}",
            f"SQLite {sqlite3.sqlite_version}",
            f"Valkey {_valkey(redis)}",
            f"Chromium {_chromium()}",
        )
    )


def _postgres(url: str) -> str:
    if not url.startswith("postgres"):
        return "not used"
    with psycopg.connect(url) as connection:
        return connection.info.parameter_status("server_version") or "unknown"


def _valkey(url: str) -> str:
    with Redis.from_url(url) as redis:
        told = redis.info("server")
    return str(told.get("valkey_version") or f"none, but Redis {told['redis_version']}")


def _chromium() -> str:
    if not (program := shutil.which("chromium")):
        return "missing"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("Chromium ").split(" ")[0] or "that does not start"
