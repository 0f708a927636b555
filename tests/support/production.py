"""The product as an operator starts it: the Procfile's lines, in processes of their own, with the environment
that is named here."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from tests.conftest import ROOT
from tests.support.processes import children
from tests.support.waiting import PATIENCE

SECRET_KEY: Final = "x7-a-key-that-only-this-test-knows-and-that-is-long-enough"
SEAL: Final = "cGluc2NoZWQtcHJvZHVjdGlvbi10ZXN0LWtleS0zMiE="
APP_SECRET: Final = "an-app-secret-that-no-log-may-show"
# A developer's own .env must not decide these tests: what is set here, even to nothing, wins over it.
PRODUCTION: Final = {
    "DEBUG": "0",
    "SIMULATOR": "0",
    "SECRET_KEY": SECRET_KEY,
    "TOKEN_ENCRYPTION_KEYS": SEAL,
    "BASE_URL": "https://pins.example.com",
    "DATABASE_URL": "sqlite:////nowhere/pinsched.sqlite3",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PINTEREST_APP_ID": "1234567",
    "PINTEREST_APP_SECRET": APP_SECRET,
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "INFO",
    "TRUSTED_PROXY": "0",
}


# Variables of settings.py that no operator sets.
INTERNAL: Final = {"SIMULATOR", "EMAIL_FILE_PATH", "PATH"}


def environment(**changes: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path} | PRODUCTION | changes


def python(code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-c", code, **changes)


def run(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def settings_of(*names: str, **changes: str) -> list[Any]:
    """These settings, as a process with this environment has them."""
    code = f"import json, pinsched.settings as s; print(json.dumps([getattr(s, n, None) for n in {names!r}]))"
    done = python(code, **changes)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {
        name: command.strip() for name, _, command in (line.partition(":") for line in lines if line.strip())
    }


class Running:
    """One line of the Procfile, started without a shell; what it writes goes to a file."""

    def __init__(self, name: str, folder: Path, **changes: str) -> None:
        self.log = folder / f"{name}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                shlex.split(procfile()[name]),
                cwd=ROOT,
                env=environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self.log.read_text()

    def events(self) -> list[dict[str, Any]]:
        """All that it wrote: with LOG_FORMAT=json nothing but JSON lines, libraries' own words included."""
        *whole, _ = self.text().split("\n")  # the last may be half written
        return [json.loads(line) for line in whole]

    def nodes_ready(self) -> bool:
        return len([e for e in self.events() if e["event"].endswith(" ready.")]) == 2

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """For a test that failed: leave nothing behind."""
        for pid in [*children(self.process.pid), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
