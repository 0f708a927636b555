"""Plain functions that make rows: the least that is true, and whatever a test names."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from accounts import boards
from accounts import connect as connecting
from accounts.models import Board, Membership, PinterestAccount, Role, User, Workspace
from accounts.pinterest.types import TokenGrant
from pins.compose import drafts
from pins.media import intake, preparing
from pins.models import Media, Pin, Status

if TYPE_CHECKING:
    from tests.support.simulated import Simulator


def make_user(email: str, *, name: str = "", password: str = "correct-horse-battery") -> User:
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_workspace(owner: User, *, name: str = "Workspace", time_zone: str = "Europe/Lisbon") -> Workspace:
    from accounts import members

    workspace = members.create_workspace(owner, name=name, time_zone=time_zone)
    members.confirm_time_zone(workspace, time_zone=time_zone)
    return workspace


def make_member(workspace: Workspace, email: str, role: Role) -> User:
    user = make_user(email)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def make_account(workspace: Workspace, *, username: str = "offline", **more: Any) -> PinterestAccount:
    """An account that no call is made for."""
    defaults: dict[str, Any] = {
        "pinterest_id": f"1000{PinterestAccount.objects.count()}",
        "api_url": "http://127.0.0.1:9/v5",
        "access_token": "pina_test",
        "refresh_token": "pinr_test",
        "access_expires_at": timezone.now() + timedelta(days=30),
        "refresh_expires_at": timezone.now() + timedelta(days=60),
        "connected_at": timezone.now(),
    }
    return PinterestAccount.objects.create(workspace=workspace, username=username, **defaults | more)


def make_board(account: PinterestAccount, *, name: str = "Desks", **more: Any) -> Board:
    return Board.objects.create(
        account=account, pinterest_id=f"2000{Board.objects.count()}", name=name, **more
    )


def connect(workspace: Workspace, simulator: Simulator, username: str = "alderandoat") -> PinterestAccount:
    simulator.person(username)
    grant = simulator.grant(username)
    owner = workspace.members.first()
    assert owner is not None
    now = timezone.now()
    account = connecting.finish(
        workspace,
        owner,
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


def lose_key(account: PinterestAccount) -> None:
    """As if its tokens had been sealed with a key that nobody has any more."""
    sealed = Fernet(Fernet.generate_key()).encrypt(b"pina_lost").decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_pinterestaccount SET access_token = %s, refresh_token = %s WHERE id = %s",
            [sealed, sealed, account.pk],
        )
    account.refresh_from_db()


def jpeg(width: int = 1200, height: int = 1600, color: str = "#792351") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG", quality=85)
    return out.getvalue()


def upload(data: bytes | None = None, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data if data is not None else jpeg(), content_type="image/jpeg")


def make_media(workspace: Workspace, *, ready: bool = True, color: str = "#792351") -> Media:
    found = intake.accept(
        workspace, upload=upload(jpeg(color=color)), name="photo.jpg", user=None, now=timezone.now()
    )
    if ready:
        preparing.prepare(found.pk)
        found.refresh_from_db()
    return found


def make_pin(
    workspace: Workspace,
    account: PinterestAccount | None = None,
    *,
    status: Status = Status.DRAFT,
    publish_at: datetime | None = None,
    picture: Media | None = None,
    **more: Any,
) -> Pin:
    """A Pin in any state, complete enough for it."""
    board = account.boards.filter(vanished_at=None).first() if account else None
    words = {"title": "One vase, one desk", "link": "https://alderandoat.example/desks"}
    content_keys = ("title", "description", "link", "alt_text", "board", "section")
    content = drafts.Content(
        **{"account": account, "board": board} | words | {k: v for k, v in more.items() if k in content_keys}
    )
    pin = drafts.create(workspace, content=content, media=[picture] if picture else (), user=None)
    changes: dict[str, Any] = {k: v for k, v in more.items() if k not in content_keys}
    if status in (Status.SCHEDULED, Status.PUBLISHING):
        at = publish_at or datetime.now(UTC) + timedelta(hours=1)
        changes = {"publish_at": at, "due_at": at} | changes
    elif publish_at:
        changes["publish_at"] = publish_at
    if status == Status.PUBLISHED:
        changes = {"pinterest_id": f"9000{pin.pk}", "published_at": publish_at or timezone.now()} | changes
    Pin.objects.filter(pk=pin.pk).update(status=status, **changes)
    return Pin.objects.with_parts().get(pk=pin.pk)
