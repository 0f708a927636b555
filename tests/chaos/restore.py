"""In the middle of everything the machine is lost, and comes back from a backup that is some time old.

What an operator types is docs/backup.md's. In doubt are all Pins that went out after the backup: they wait in
it still. Half of the accounts are connected again before the operator lets them go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from accounts import health
from accounts.models import PinterestAccount
from pins.live import changes
from pins.models import LiveChange, LiveState
from pins.publish.restored import RESTORED
from tests.chaos.outages import Outage
from tests.chaos.people import People
from tests.support import factories
from tests.support.deployment import Deployment

BACKUP_AT: Final = 0.6  # of the time between the first and the last Pin
LOST_AT: Final = 0.8
LOOKED_THROUGH: Final = timedelta(seconds=15)  # from the restart until the operator lets accounts go
POSTS: Final = "/v5/pins"


@dataclass
class Restore:
    """`start` starts the product anew."""

    deployed: Deployment
    start: Callable[[], None]
    people: People
    backup_at: float  # seconds from the start
    lost_at: float
    made: datetime | None = None  # the backup
    lost: datetime | None = None
    back: datetime | None = None
    let_go: datetime | None = None
    steps: list[Callable[[float], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.steps = [self._back_up, self._restore, self._let_go, self._try_again]

    @property
    def is_over(self) -> bool:
        return not self.steps

    @property
    def file(self) -> Path:
        return self.deployed.folder / "backup.dump"

    def act(self, elapsed: float) -> str:
        """The next step, if it is time; says what was done."""
        said = self.steps[0](elapsed) if self.steps else ""
        if said:
            self.steps.pop(0)
        return said

    def _back_up(self, elapsed: float) -> str:
        if elapsed < self.backup_at:
            return ""
        self.deployed.database.start()
        self.made = timezone.now()
        self.deployed.database.dump(self.file)
        return "made a backup"

    def _restore(self, elapsed: float) -> str:
        """As docs/backup.md has it: the accounts are on hold before anything runs."""
        if elapsed < self.lost_at:
            return ""
        self.lost = timezone.now()
        self.deployed.end_product()
        connections.close_all()
        self.deployed.database.start()
        self.deployed.database.restore(self.file)
        assert self.made is not None
        self.deployed.manage("hold_restored", "--since", self.made.isoformat())
        self.back = timezone.now()
        self.people.ask_anew(self.deployed.pinterest.mark())
        self.start()
        for account in self._accounts()[::2]:
            factories.connect(account.workspace, self.deployed.pinterest, account.username)
        return "lost everything, and restored the backup"

    def _let_go(self, _: float) -> str:
        now = timezone.now()
        assert self.back is not None
        if now - self.back < LOOKED_THROUGH:
            return ""
        try:
            released = [health.release(account, now=now) for account in self._accounts()]
        except DatabaseError:
            connections.close_all()
            return ""
        self.let_go = now
        return f"the operator let {sum(released)} accounts go"

    def _try_again(self, _: float) -> str:
        """Changes of live Pins wait for people, who want them still."""
        stopped = LiveChange.objects.filter(state=LiveState.REFUSED, code=RESTORED.code)
        try:
            if PinterestAccount.objects.exclude(known_until=None).exists():
                return ""
            asked = list(stopped)
            for change in asked:
                changes.retry(change, now=timezone.now())
        except DatabaseError:
            connections.close_all()
            return ""
        return f"people tried again {len(asked)} changes"

    @staticmethod
    def _accounts() -> list[PinterestAccount]:
        return list(PinterestAccount.objects.select_related("workspace").order_by("pk"))

    @property
    def outages(self) -> list[Outage]:
        return [Outage(self.lost, self.let_go)] if self.lost and self.let_go else []

    def heedless(self, calls: Iterable[Mapping[str, Any]], *, ahead: timedelta) -> list[str]:
        """What left although everything was on hold."""
        if self.back is None or self.let_go is None:
            return ["nothing was restored, or nobody let the accounts go"]
        return [
            f"{call['method']} {call['path']} {call['at']}, while all was on hold"
            for call in calls
            if call["method"] == "POST"
            and call["path"].startswith(POSTS)
            and self.back < datetime.fromisoformat(call["at"]) - ahead < self.let_go
        ]
