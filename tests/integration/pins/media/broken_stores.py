"""Media stores that are full, not mounted or in the way, and what is to be seen of them."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings as conf
from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.utils import timezone

from pins.media import preparing
from pins.models import Media, Rendition
from pins.publish import dispatch
from pins.publish.once import Outcome
from pinsched.folder import FolderMedia
from tests.integration.pinsched.test_health import all_are_alive
from tests.support import publishing


def root() -> Path:
    return Path(conf.MEDIA_ROOT)


def files() -> set[str]:
    return {str(found.relative_to(root())) for found in root().rglob("*") if found.is_file()}


def named_files() -> set[str]:
    """What rows name."""
    originals = Media.objects.exclude(original="").values_list("original", flat=True)
    return {*originals, *Rendition.objects.values_list("file", flat=True)}


@contextmanager
def moved_aside(path: Path) -> Iterator[None]:
    """Whatever is put in its place is taken away again."""
    aside = path.with_name(f"{path.name}-aside")
    path.rename(aside)
    try:
        yield
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        aside.rename(path)


@contextmanager
def replaced_by_a_file(path: Path) -> Iterator[None]:
    """A folder is one no more: nothing can be written below it, nor read, not even by root."""
    with moved_aside(path):
        path.write_text("a file where a folder was")
        yield


def full() -> AbstractContextManager[None]:
    """Nothing can be prepared: what is there can be read, and nothing written beside it."""
    folder = root() / "prepared"
    folder.mkdir(parents=True, exist_ok=True)
    return replaced_by_a_file(folder)


class Disk(FolderMedia):
    """With room for so many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def _save(self, name: str, content: File[bytes]) -> str:
        used = sum((root() / found).stat().st_size for found in files())
        if used + content.size > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super()._save(name, content)


def with_room_for(size: int, settings: Any) -> None:
    disk = {"BACKEND": f"{__name__}.Disk", "OPTIONS": {"room": size}}
    settings.STORAGES = settings.STORAGES | {"default": disk}


@contextmanager
def replaced_by_a_folder(file: FieldFile) -> Iterator[None]:
    path = Path(file.path)
    with moved_aside(path):
        path.mkdir()
        (path / "something").touch()  # so that it can't be deleted either
        yield


@contextmanager
def not_mounted() -> Iterator[None]:
    """The mount point is there, and empty."""
    with moved_aside(root()):
        root().mkdir()
        yield


def fresh(found: Media) -> Media:
    return Media.objects.get(pk=found.pk)


def after(found: Media) -> timedelta:
    """How long until it is tried again."""
    return fresh(found).asked_at + preparing.FORGOTTEN_AFTER - timezone.now()


def send_all(now: datetime | None = None) -> list[Outcome | None]:
    return [publishing.send(claim.attempt) for claim in dispatch.claim(now=now or timezone.now())]


def red(client: Client) -> Any:
    all_are_alive()
    return client.get("/readyz").json()["red"]
