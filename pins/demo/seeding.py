"""A workspace to look around in, for simulator mode: Pins in every state and 90 days of numbers.

Everything goes the product's own way: pictures are drawn by us and prepared by the media verbs, accounts
are granted by the simulator, past Pins stand on the simulator's boards, and their numbers are measured.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Replace

from accounts import boards, calls, connect, members
from accounts.models import Board, PinterestAccount, User, Workspace
from accounts.pinterest.types import TokenGrant
from pins.analytics import pull
from pins.compose import drafts
from pins.demo import art
from pins.live import library
from pins.media import intake, preparing
from pins.models import Attempt, AttemptState, Media, Pin, RenditionKind, Status
from pins.models.pin import WORDS
from pins.publish import outcome, reconcile
from pins.rules import localtime
from pins.schedule import queue

EMAIL: Final = "demo@pinsched.example"
PASSWORD: Final = "pinsched-demo"  # noqa: S105  # printed at the first start; the demo holds nothing secret
ZONE: Final = "Europe/Lisbon"
HOURS: Final = (time(7, 30), time(9), time(12, 15), time(16, 20), time(18, 15), time(20, 45))
SEED: Final = 7  # the same demo every time

PEOPLE: Final[tuple[dict[str, Any], ...]] = (
    {
        "username": "alderandoat",
        "business_name": "Alder & Oat",
        "boards": [
            {"name": "Home office ideas", "sections": ["Desks", "Lamps"]},
            {"name": "Small-space living"},
            {"name": "Slow mornings"},
            {"name": "House plants", "sections": ["Low light"]},
            {"name": "Weekend bakes"},
            {"name": "Bookish corners"},
            {"name": "City walks", "privacy": "SECRET"},
        ],
    },
    {
        "username": "northlightstudio",
        "business_name": "Northlight Studio",
        "boards": [{"name": "Ceramics"}, {"name": "Shapes and colour", "sections": ["Prints"]}],
    },
)


@dataclass(frozen=True, slots=True)
class Drawn:
    scene: art.Scene
    media: Media


def exists() -> bool:
    return User.objects.filter(email=EMAIL).exists()


def follow_simulator() -> None:
    """The simulator's port may differ from start to start: its accounts come along."""
    moved = PinterestAccount.objects.exclude(api_url=settings.PINTEREST_API_URL)
    new = _origin(settings.PINTEREST_API_URL)
    for url in set(moved.values_list("api_url", flat=True)):
        old = _origin(url)
        shown = Pin.objects.filter(live_image_url__startswith=old)
        shown.update(live_image_url=Replace("live_image_url", Value(old), Value(new)))
    moved.update(api_url=settings.PINTEREST_API_URL)


def _origin(url: str) -> str:
    return f"{urlsplit(url)._replace(path='').geturl()}/"


def seed(*, now: datetime) -> Iterator[str]:
    """Make the demo; yields a line for each step. Safe to break off: `exists` is true only at the end."""
    Workspace.objects.filter(members__email=f"unfinished-{EMAIL}").delete()
    User.objects.filter(email=f"unfinished-{EMAIL}").delete()
    user = User.objects.create_user(f"unfinished-{EMAIL}", PASSWORD, name="Inês Duarte", time_zone=ZONE)
    workspace = members.create_workspace(user, name="Alder & Oat", time_zone=ZONE)
    members.confirm_time_zone(workspace, time_zone=ZONE)
    accounts = [_connect(workspace, user, person, now) for person in PEOPLE]
    yield f"connected {' and '.join(f'@{account.username}' for account in accounts)}"
    drawn = _draw(workspace, user, now)
    yield f"drew {len(drawn)} pictures"
    made = _Maker(workspace, user, accounts, drawn, now)
    made.past()
    made.today_and_after()
    made.in_trouble()
    made.elsewhere()
    for account in accounts:
        library.sync(account)
    made.save_to_come()
    yield f"made {Pin.objects.filter(workspace=workspace).count()} Pins"
    read = sum(pull.pull(account, now=now, everything=True, limit=None).read for account in accounts)
    yield f"read 90 days of numbers of {read} Pins"
    for account in accounts:
        boards.sync(account, now=now)  # once more: the boards hold Pins now
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    User.objects.filter(pk=user.pk).update(email=EMAIL)


def _control(path: str, body: dict[str, Any]) -> dict[str, Any]:
    root = settings.PINTEREST_API_URL.removesuffix("/v5")
    answer = requests.post(f"{root}/_control/{path}", json=body, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _connect(workspace: Workspace, user: User, person: dict[str, Any], now: datetime) -> PinterestAccount:
    _control("people", person)
    grant = _control("grant", {"username": person["username"]})
    account = connect.finish(
        workspace,
        user,
        TokenGrant(
            access_token=grant["access_token"],
            refresh_token=grant["refresh_token"],
            expires_in=grant["expires_in"],
            refresh_expires_in=grant["refresh_token_expires_in"],
            scopes=tuple(grant["scope"].replace(",", " ").split()),
        ),
        now=now,
    )
    boards.sync(account, now=now)
    return account


def _draw(workspace: Workspace, user: User, now: datetime) -> list[Drawn]:
    with ProcessPoolExecutor(max_workers=2) as pool:
        pictures = list(pool.map(art.draw, [scene.name for scene in art.SCENES]))
    found = []
    for scene, jpeg in zip(art.SCENES, pictures, strict=True):
        upload = SimpleUploadedFile(f"{scene.name}.jpg", jpeg, content_type="image/jpeg")
        one = intake.accept(workspace, upload=upload, name=f"{scene.name}.jpg", user=user, now=now)
        preparing.prepare(one.pk)
        found.append(Drawn(scene, Media.objects.prefetch_related("renditions").get(pk=one.pk)))
    return found


class _Maker:
    """Makes the Pins; holds what all of them share."""

    def __init__(
        self,
        workspace: Workspace,
        user: User,
        accounts: list[PinterestAccount],
        drawn: list[Drawn],
        now: datetime,
    ) -> None:
        self.workspace, self.user, self.now, self.drawn = workspace, user, now, drawn
        self.boards = {
            board.name: board
            for account in accounts
            for board in account.boards.select_related("account").prefetch_related("sections")
        }
        self.dice = random.Random(SEED)  # noqa: S311  # a demo, not a secret
        self.turn = 0

    def past(self, number: int = 34) -> None:
        """Published over the last 90 days; today's earlier hours too."""
        days = sorted({round(90 * (1 - n / number) ** 1.25) for n in range(number)}, reverse=True)
        moments = [self._at(-day, self.dice.choice(HOURS)) for day in days if day]
        moments += [
            self._at(-1, HOURS[1]),
            self._at(-1, HOURS[4]),
            self._at(-2, HOURS[2]),
            self._at(-4, HOURS[5]),
        ]
        moments += [at for hour in HOURS if (at := self._at(0, hour)) < self.now - timedelta(minutes=2)]
        for at in sorted(set(moments)):
            self._published(at)

    def today_and_after(self) -> None:
        later_today = [at for hour in HOURS if (at := self._at(0, hour)) > self.now + timedelta(minutes=5)]
        ahead = [self._at(day, hour) for day in range(1, 9) for hour in self.dice.sample(HOURS, 2)]
        soon = self.now + timedelta(minutes=2)
        for at in [soon, *later_today, *sorted(ahead)]:
            queue.schedule(self._draft(), at=at, now=self.now)
        for number in range(6):
            pin = self._draft()
            if number % 3 == 2:
                Pin.objects.filter(pk=pin.pk).update(link="", board=None, account=None)

    def in_trouble(self) -> None:
        """What “Needs you” is for."""
        refused = self._attempted(Status.FAILED, "refused", self._at(-1, HOURS[3]))
        self._attempt(
            refused,
            AttemptState.REFUSED,
            http_status=400,
            code="1",
            message="Pinterest refused the link: it leads through a URL shortener.",
        )
        lost = self._attempted(Status.FAILED, "refused", self._at(-2, HOURS[4]))
        self._attempt(
            lost,
            AttemptState.REFUSED,
            http_status=404,
            code="40",
            message="The board is no longer on Pinterest.",
        )
        doubt = self._attempted(Status.NEEDS_REVIEW, "doubt", self._at(-1, HOURS[5]))
        self._attempt(
            doubt,
            AttemptState.UNKNOWN,
            http_status=None,
            code="no_answer",
            message="No answer came back in time.",
            suspect=self._suspect(doubt),
        )

    def elsewhere(self) -> None:
        """Pins that were made with a phone."""
        for number, drawn in enumerate(self.drawn[-3:], start=2):
            at = self._at(-9 * number, HOURS[number])
            words = {"title": drawn.scene.title, "description": "Pinned from my phone."}
            self._on_pinterest(self._board(drawn.scene), at, drawn.media, **words)

    def save_to_come(self) -> None:
        """Our newest Pin, to another board."""
        newest = Pin.objects.filter(workspace=self.workspace, status=Status.PUBLISHED).latest("published_at")
        board = next(board for board in self.boards.values() if board.pk != newest.board_id)
        queue.create(
            self.workspace,
            content=drafts.Content(account=board.account, board=board),
            media=(),
            user=self.user,
            at=self._at(2, HOURS[3]),
            now=self.now,
            parent=newest.pinterest_id,
        )

    # -- parts

    def _on_pinterest(self, board: Board, at: datetime, picture: Media, **words: str) -> str:
        """Put a Pin on the simulator, without our row; its id there."""
        plan = {"board": board.name, "created_at": at.isoformat(), "image_base64": self._small(picture)}
        made = _control("people", {"username": board.account.username, "pins": [plan | words]})
        found: str = made["pins"][-1]["id"]
        return found

    def _at(self, day: int, hour: time) -> datetime:
        local = self.now.astimezone(self.workspace.zone).date() + timedelta(days=day)
        return localtime.instant(local, hour, self.workspace.zone)

    def _draft(self) -> Pin:
        drawn = self.drawn[self.turn % len(self.drawn)]
        self.turn += 1
        board = self._board(drawn.scene)
        sections = list(board.sections.all())
        content = drafts.Content(
            account=board.account,
            board=board,
            section=sections[self.turn % len(sections)] if sections and self.turn % 2 else None,
            title=drawn.scene.title,
            description=drawn.scene.description,
            link=f"https://alderandoat.example/journal/{drawn.scene.name.replace('_', '-')}",
            alt_text=drawn.scene.alt_text,
        )
        pin = drafts.create(self.workspace, content=content, media=[drawn.media], user=self.user)
        return Pin.objects.with_parts().get(pk=pin.pk)

    def _board(self, scene: art.Scene) -> Board:
        names = list(self.boards)
        return self.boards.get(scene.board) or self.boards[names[self.turn % len(names)]]

    def _suspect(self, pin: Pin) -> dict[str, str]:
        """A Pin of somebody's on the board that is like this one in part."""
        assert pin.account is not None
        assert pin.board is not None
        assert pin.publish_at is not None
        assert pin.cover is not None
        at = pin.publish_at + timedelta(seconds=4)
        words = {"title": pin.title, "description": "Pinned from my phone.", "link": pin.link}
        made = self._on_pinterest(pin.board, at, pin.cover, **words)
        return outcome.as_suspect(calls.fresh_client(pin.account, now=self.now).pin(made))

    def _small(self, picture: Media) -> str:
        """Its thumbnail, as the simulator takes pictures."""
        prepared = picture.rendition(RenditionKind.THUMBNAIL)
        assert prepared is not None
        with prepared.file.open("rb") as file:
            return base64.b64encode(file.read()).decode()

    def _published(self, at: datetime) -> None:
        pin = self._draft()
        assert pin.account is not None
        assert pin.board is not None
        assert pin.cover is not None
        words = {name: getattr(pin, name) for name in WORDS}
        words |= {"section": pin.section.name} if pin.section else {}
        made = self._on_pinterest(pin.board, at, pin.cover, **words)
        out_at = at + timedelta(milliseconds=310)
        facts = {"pinterest_id": made, "published_at": out_at, "created_at": at - timedelta(days=2)}
        self._tried(pin, Status.PUBLISHED, at, measure_at=at, **facts)
        self._attempt(pin, AttemptState.SUCCEEDED, http_status=201, code="", message="", at=at)

    def _attempted(self, status: Status, code: str, at: datetime) -> Pin:
        pin = self._draft()
        message = {
            "refused": "Pinterest refused this Pin. Look at its link and its board, then retry.",
            "doubt": reconcile.DOUBT_MESSAGE,
        }[code]
        self._tried(pin, status, at, reason_code=code, reason_message=message)
        pin.refresh_from_db()
        return pin

    def _tried(self, pin: Pin, status: Status, at: datetime, **facts: Any) -> None:
        """As if it had gone out, or tried to, at that time: through the states that a Pin goes through."""
        # All or nothing: a dispatcher that runs already must not take it for one that is due.
        with transaction.atomic():
            Pin.objects.move(pin.pk, Status.DRAFT, Status.SCHEDULED, publish_at=at, due_at=at)
            Pin.objects.move(pin.pk, Status.SCHEDULED, Status.PUBLISHING)
            Pin.objects.move(pin.pk, Status.PUBLISHING, status, due_at=None, **facts)

    def _attempt(self, pin: Pin, state: AttemptState, *, at: datetime | None = None, **more: Any) -> None:
        moment = at or pin.publish_at
        assert moment is not None
        Attempt.objects.create(
            pin=pin,
            state=state,
            started_at=moment - timedelta(seconds=12),
            lease_until=moment + timedelta(seconds=45),
            sent_at=moment,
            settled_at=None if state == AttemptState.UNKNOWN else moment + timedelta(milliseconds=310),
            request_id=f"{self.dice.getrandbits(48):012x}",
            **more,
        )
