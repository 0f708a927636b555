"""Many accounts, pictures and Pins for what is done on a grand scale. Needs Django set up."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from PIL import Image, ImageDraw

from accounts.models import PinterestAccount, Workspace
from pins.media import intake, preparing
from pins.models import (
    Attempt,
    Heartbeat,
    Media,
    Pin,
    PinMedia,
    RenditionKind,
    Status,
)
from tests.support import factories

if TYPE_CHECKING:
    from tests.support.simulated import Simulator

BOARDS: Final[Sequence[dict[str, Any]]] = (
    {"name": "Desks", "sections": ["Oak", "Steel"]},
    {"name": "Lamps"},
)


def make_workspace() -> Workspace:
    return factories.make_workspace(factories.make_user("crowd@example.com"), name="Crowd")


def make_accounts(workspace: Workspace, pinterest: Simulator, number: int) -> list[PinterestAccount]:
    """Connected to as many people on the simulator, each with BOARDS."""
    made = []
    for n in range(number):
        name = f"crowd{n:03}"
        pinterest.person(name, boards=list(BOARDS))
        made.append(factories.connect(workspace, pinterest, name))
    return made


def make_pictures(workspace: Workspace, number: int, *, grain: float) -> list[Media]:
    """Prepared pictures, no two alike. `grain` 0 makes small files, 10 a photo's size."""
    return [_prepared(workspace, n, grain) for n in range(number)]


def _prepared(workspace: Workspace, n: int, grain: float) -> Media:
    out = io.BytesIO()
    _drawn(n, grain).save(out, "JPEG", quality=90)
    upload = factories.upload(out.getvalue(), f"{n}.jpg")
    made = intake.accept(workspace, upload=upload, name=f"{n}.jpg", user=None, now=timezone.now())
    preparing.prepare(made.pk)
    made.refresh_from_db()
    return made


def _drawn(n: int, grain: float) -> Image.Image:
    """Boxes where chance put them: as unlike each other as photos are."""
    dice = random.Random(n)
    picture = Image.new("RGB", (1000, 1500), _color(dice))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = dice.randrange(900), dice.randrange(1400)
        draw.rectangle(
            (left, top, left + dice.randrange(80, 500), top + dice.randrange(80, 600)), _color(dice)
        )
    if grain:
        noise = Image.effect_noise((500, 750), grain).resize(picture.size)
        picture = Image.blend(picture, Image.merge("RGB", (noise, noise, noise)), 0.35)
    return picture


def _color(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)


def queue(
    accounts: Sequence[PinterestAccount], pictures: Sequence[Media], number: int, times: Sequence[datetime]
) -> list[Pin]:
    """Scheduled Pins in a few statements: account after account, picture after picture, time after time."""
    boards = {account.pk: account.boards.get(name="Desks") for account in accounts}
    pins = Pin.objects.bulk_create(
        (
            Pin(
                workspace_id=account.workspace_id,
                account=account,
                board=boards[account.pk],
                title=f"One vase, one desk, no. {n}",
                description="Morning light on oak.",
                link=f"https://alderandoat.example/desks/{n}",
                status=Status.DRAFT,
            )
            for n, account in ((n, accounts[n % len(accounts)]) for n in range(number))
        ),
        batch_size=2000,
    )
    PinMedia.objects.bulk_create(
        (PinMedia(pin=pin, media=pictures[n % len(pictures)]) for n, pin in enumerate(pins)), batch_size=5000
    )
    for pin, at in zip(pins, (times[n % len(times)] for n in range(number)), strict=True):
        pin.status, pin.publish_at, pin.due_at = Status.SCHEDULED, at, at
    if len(set(times)) == 1:
        Pin.objects.filter(status=Status.DRAFT).update(
            status=Status.SCHEDULED, publish_at=times[0], due_at=times[0]
        )
    else:
        Pin.objects.bulk_update(pins, ["status", "publish_at", "due_at"], batch_size=1000)
    return pins


def sent_bytes(picture: Media) -> bytes:
    """What goes to Pinterest of a picture."""
    prepared = picture.rendition(RenditionKind.PREPARED)
    assert prepared is not None
    with prepared.file.open("rb") as file:
        return bytes(file.read())


def all_parts_beat() -> bool:
    return set(Heartbeat.objects.values_list("name", flat=True)) >= {"beat", "worker", "media"}


def none_open() -> bool:
    """Nothing is queued, under way or unknown."""
    waiting = Pin.objects.filter(status__in=(Status.SCHEDULED, Status.PUBLISHING)).exists()
    return not waiting and not Attempt.objects.filter(state__in=("claimed", "sent", "unknown")).exists()
