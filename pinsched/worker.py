"""`python -m pinsched.worker`: one launcher of the two Celery nodes.

Node "worker": threads, for dispatch, publishing and numbers (all waiting, no computing). Celery's thread
pool ignores time limits, so the client's deadlines bound each task there.
Node "media": two prefork processes for pictures (all computing); time limits hold there.
SIGTERM and SIGINT end both warmly; either one dying ends both, so that whoever started us notices.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Final

# Tasks at a time: the rooms of `accounts.background` hold 26, the rest is for ticks. Pins are sent by threads
# of their own (publish.SENDERS).
THREADS: Final = 32
MEDIA_PROCESSES: Final = 2
MEDIA_TIME_LIMIT: Final = 60  # seconds a picture may take
GRACE: Final = 40.0  # seconds to finish what is running: more than a publish's whole deadline


def command(name: str, queues: str, *options: str) -> list[str]:
    return [
        sys.executable, "-m", "celery", "--quiet", "-A", "pinsched.celery", "worker",
        "--hostname", f"{name}@%h.{os.getpid()}", "--queues", queues,
        "--loglevel", "INFO", "--without-gossip", "--without-mingle", *options,
    ]  # fmt: skip


COMMANDS: Final = (
    ("worker", "dispatch,publish,analytics,fetch", "--pool", "threads", "--concurrency", str(THREADS)),
    (
        "media", "media", "--pool", "prefork", "--concurrency", str(MEDIA_PROCESSES),
        "--time-limit", str(MEDIA_TIME_LIMIT), "--max-tasks-per-child", "200",
    ),
)  # fmt: skip


def main() -> int:
    # A session of their own: Ctrl-C in a terminal reaches only us, and we end them in order. Our log is on
    # stderr; on stdout Celery speaks to people ("Warm shutdown"), which no reader of JSON lines understands.
    nodes = [
        subprocess.Popen(command(*parts), stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        for parts in COMMANDS
    ]
    asked = False

    def ask_to_stop(signum: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    while not asked and all(node.poll() is None for node in nodes):
        time.sleep(0.2)
    return _stop(nodes, asked=asked)


def _stop(nodes: list[subprocess.Popen[bytes]], *, asked: bool) -> int:
    for node in nodes:
        if node.poll() is None:
            node.terminate()
    until = time.monotonic() + GRACE
    for node in nodes:
        try:
            node.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()
    return 0 if asked else 1


if __name__ == "__main__":
    sys.exit(main())
