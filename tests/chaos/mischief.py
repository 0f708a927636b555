"""What goes wrong in a chaos run, drawn from one seed: Pinterest's answers, and the fate of our processes."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway
from redis import Redis, RedisError

from pins.models import Attempt
from pinsched.celery import app
from tests.chaos.outages import Outage
from tests.chaos.size import Absences
from tests.support import processes
from tests.support.deployment import Deployment, JumpingClock
from tests.support.simulated import Simulator

# Of all calls that make, save, change or delete a Pin. The rest is answered as it should be.
DROPPED: Final = 0.10  # done, no answer
FAILED_DONE: Final = 0.05  # done, answered 500
FAILED: Final = 0.05  # not done, answered 503
LIMITED: Final = 0.025  # 429 with Retry-After
BRIEFLY: Final = {"code": 8, "message": "You have exceeded your rate limit. Try again in three seconds."}
LIMITED_BARE: Final = 0.025  # 429 without

HURT: Final = (
    ("POST", "^/v5/pins$"),
    ("POST", "^/v5/pins/[0-9]+/save$"),
    ("PATCH", "^/v5/pins/"),
    ("DELETE", "^/v5/pins/"),
)

# Who is killed, how often in a hundred.
VICTIMS: Final = {"threads": 50, "launcher": 18, "media": 16, "beat": 16}
ASKED: Final = 0.2  # get SIGTERM instead of SIGKILL
CLOCKS: Final = (3600, -3600, 9000, -300, 40, -40, 3, -3, 0)  # seconds that one launcher's clock is off
ORPHANED: Final = 5.0  # seconds that nodes outlive their launcher before the service manager ends them


def set_faults(pinterest: Simulator, dice: random.Random, *, times: int | None = None) -> None:
    """With `times`, each kind happens so often for sure, early, and then no more."""
    rules: list[tuple[float, str, dict[str, object]]] = [
        (DROPPED, "drop_after", {}),
        (FAILED_DONE, "status", {"status": 500, "commit": True}),
        (FAILED, "status", {"status": 503}),
        (LIMITED, "status", {"status": 429, "headers": {"Retry-After": "3"}, "body": BRIEFLY}),
        (LIMITED_BARE, "status", {"status": 429}),
    ]
    for method, path in HURT:
        left = 1.0
        for share, kind, more in rules:
            # The first rule that wants a call gets it: later ones draw from what is left.
            chance = 0.25 if times else share / left
            draw = {"probability": chance, "seed": dice.randrange(2**31), "times": times}
            pinterest.fault(kind, method=method, path=path, **draw, **more)
            left -= share


@dataclass
class Mischief:
    """Things to do at their time, in seconds from the start. `tell` says what was done."""

    deployed: Deployment
    dice: random.Random
    clock: JumpingClock
    plan: list[tuple[float, Callable[[], str]]] = field(default_factory=list)
    orphaned: dict[int, float] = field(default_factory=dict)
    frozen: list[int] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)  # while which nothing could go out
    _away: dict[str, datetime] = field(default_factory=dict)

    def draw_up(
        self,
        *,
        begin: float,
        end: float,
        pause: tuple[float, float],
        absences: Absences,
        kills: int | None = None,
    ) -> None:
        """Kills every `pause` seconds. Once each: the broker flushed, killed, and away; the database crashed,
        and away; the media unmounted; a node frozen. One clock jumps all the time."""
        at, parts = begin, ["threads"]  # once at least, whose death hurts most
        while (at := at + self.dice.uniform(*pause)) < end and (kills is None or len(parts) <= kills):
            self.plan.append((at, partial(self.kill, parts[-1])))
            parts += self.dice.choices(list(VICTIMS), list(VICTIMS.values()))
        for once in (self.flush, self.restart_broker, self.restart_database):
            self.plan.append((self._some_time(begin, end), once))
        for away, back, span in (
            (self.stop_broker, self.start_broker, absences.broker),
            (self.stop_database, self.start_database, absences.database),
            (self.unmount_media, self.mount_media, absences.media),
            (self.freeze, self.thaw, absences.frozen),
        ):
            at = self._some_time(begin, end)
            self.plan += [(at, away), (at + span, back)]
        self.plan += [(begin + 4.0 * n, self.set_clock) for n in range(int((end - begin) / 4.0))]
        self.plan += [(begin + 1.5 * n, self.deliver_again) for n in range(int((end - begin) / 1.5))]
        self.plan.sort(key=lambda pair: pair[0])

    def _some_time(self, begin: float, end: float) -> float:
        return self.dice.uniform(begin + (end - begin) * 0.1, begin + (end - begin) * 0.9)

    def act(self, elapsed: float) -> None:
        while self.plan and self.plan[0][0] <= elapsed:
            what = self.plan.pop(0)[1]
            said = what()
            name = "kill" if isinstance(what, partial) else what.__name__
            self.done[name] = self.done.get(name, 0) + 1
            if said:
                print(f"  {elapsed:6.1f} s  {said}", flush=True)
        self._end_orphans()

    def kill(self, part: str) -> str:
        """One process of that part, whichever; a media node has children of the same name."""
        pids = sorted(pid for pid, found in self.deployed.product().items() if found == part)
        if not pids:
            return f"no {part} to kill"
        pid = self.dice.choice(pids)
        gently = self.dice.random() < ASKED
        whose = "a child of " if processes.parent_command(pid) == processes.command(pid) else ""
        _signal(pid, signal.SIGTERM if gently else signal.SIGKILL)
        return f"{'asked' if gently else 'killed'} {whose}{part}"

    def flush(self) -> str:
        with contextlib.suppress(RedisError), Redis.from_url(self.deployed.environment["REDIS_URL"]) as redis:
            redis.flushall()
        return "flushed the broker"

    def restart_broker(self) -> str:
        self.deployed.broker.stop()
        self.deployed.broker.start()
        return "killed the broker and started it again"

    def stop_broker(self) -> str:
        self.deployed.broker.stop()
        return "killed the broker"

    def start_broker(self) -> str:
        self.deployed.broker.start()
        return "started the broker"

    def stop_database(self) -> str:
        self._goes("database")
        self.deployed.database.stop()
        return "crashed the database"

    def start_database(self) -> str:
        self.deployed.database.start()
        self._is_back("database")
        return "started the database"

    def unmount_media(self) -> str:
        """Leaves an empty folder behind, which takes files and has none."""
        self._goes("media")
        media = Path(self.deployed.environment["MEDIA_ROOT"])
        media.rename(media.with_suffix(".away"))
        media.mkdir()
        return "unmounted the media"

    def mount_media(self) -> str:
        media = Path(self.deployed.environment["MEDIA_ROOT"])
        shutil.rmtree(media)
        media.with_suffix(".away").rename(media)
        self._is_back("media")
        return "mounted the media"

    def freeze(self) -> str:
        """A node of threads stands still, in the middle of whatever it does, and goes on later."""
        pids = sorted(pid for pid, part in self.deployed.product().items() if part == "threads")
        self.frozen = self.dice.sample(pids, min(1, len(pids)))
        for pid in self.frozen:
            _signal(pid, signal.SIGSTOP)
        return f"froze {len(self.frozen)} of {len(pids)} nodes"

    def thaw(self) -> str:
        for pid in self.frozen:
            _signal(pid, signal.SIGCONT)
        return "let it go on"

    def set_clock(self) -> str:
        seconds = self.dice.choice(CLOCKS)
        self.clock.set(seconds)
        return f"set a clock to {seconds:+} s"

    def restart_database(self) -> str:
        began = time.monotonic()
        self.deployed.database.start()
        self._is_back("database")
        self._goes("database")
        self.deployed.database.restart("immediate")
        self._is_back("database")
        return f"crashed the database and started it again: {time.monotonic() - began:.1f} s"

    def _goes(self, what: str) -> None:
        self._away[what] = timezone.now()

    def _is_back(self, what: str) -> None:
        if since := self._away.pop(what, None):
            self.outages.append(Outage(since, timezone.now()))

    def deliver_again(self) -> str:
        """Messages that were delivered already, or that nobody ever sent, for attempts in any state."""
        if not self.deployed.broker.is_up:
            return ""
        try:
            pks = list(Attempt.objects.order_by("-pk").values_list("pk", flat=True)[:60])
        except DatabaseError:
            connections.close_all()
            return ""
        with contextlib.suppress(BrokerAway, RedisError):
            again = self.dice.sample(pks, min(4, len(pks)))
            for attempts in (again[:1], again[1:]):
                app.send_task("pins.publish", (attempts,), queue="publish", retry=False)
            app.send_task("pins.dispatch", queue="dispatch", retry=False)
        return ""

    def _end_orphans(self) -> None:
        """A service manager ends what a killed launcher leaves behind, but not in the same moment."""
        now = time.monotonic()
        found = self.deployed.orphans()
        self.orphaned = {pid: self.orphaned.get(pid, now) for pid in found}
        for pid, since in self.orphaned.items():
            if now - since > ORPHANED:
                _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
