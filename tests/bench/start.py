"""Seconds from the start of the process manager to the first page, first and second time, caches warm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from tests.support.ports import free_port


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start_once(home: str) -> tuple[float, float]:
    """Seconds to the sign-in page, and to a green /readyz."""
    port = free_port()
    keep = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "PINTEREST_APP_ID")}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pinsched.run"],
        env=keep | {"PINSCHED_HOME": home, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = []
    try:
        for path in ("/accounts/login/", "/readyz"):
            while not _answers(f"http://localhost:{port}{path}"):
                time.sleep(0.05)
                if process.poll() is not None or time.monotonic() - began > 300:
                    raise RuntimeError("It did not start.")
            seconds.append(time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    return seconds[0], seconds[1]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ps-") as home:
        for label in ("first start (makes the demo)", "second start"):
            page, ready = start_once(home)
            print(f"{label:32} page {page:6.1f} s   all ready {ready:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
