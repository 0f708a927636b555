"""The environment of `make run`, kept beside its data: `manage.py` in another shell works on the same
database, keys and simulator without being told. An environment (or .env) that names its own is left alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import environ

BASE_DIR: Final = Path(__file__).resolve().parent.parent
KEPT: Final = (
    "SECRET_KEY",
    "TOKEN_ENCRYPTION_KEYS",
    "BASE_URL",
    "PORT",
    "DATABASE_URL",
    "REDIS_URL",
    "MEDIA_ROOT",
    "SIMULATOR",
    "EMAIL_FILE_PATH",
    "PINTEREST_APP_ID",
    "PINTEREST_APP_SECRET",
    "PINTEREST_API_URL",
    "PINTEREST_OAUTH_URL",
    "LOG_FORMAT",
)
# Who sets one of these has an environment of their own.
OWN: Final = ("SECRET_KEY", "DATABASE_URL", "DEBUG")


def home() -> Path:
    """Where `make run` keeps what it makes."""
    return Path(os.environ.get("PINSCHED_HOME") or BASE_DIR / "var")


def write() -> None:
    path = home() / "run.env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={os.environ[name]}\n" for name in KEPT if os.environ.get(name)))


def adopt() -> None:
    environ.Env.read_env(BASE_DIR / ".env")
    path = home() / "run.env"
    if not any(os.environ.get(name) for name in OWN) and path.exists():
        environ.Env.read_env(path)
