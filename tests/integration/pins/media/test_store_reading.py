"""A media store that can't be read: what it gives nothing of is waited for, and only what is gone is lost."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from pins import tasks
from pins.errors import Invalid
from pins.media import preparing, store
from pins.models import Media, MediaStatus
from pinsched.folder import FolderMedia
from tests.integration.pins.media.broken_stores import (
    files,
    fresh,
    moved_aside,
    named_files,
    not_mounted,
    red,
    replaced_by_a_folder,
    root,
)
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_upload_that_cannot_be_read_waits(upload: Media) -> None:
    with replaced_by_a_folder(upload.original):
        assert preparing.prepare(upload.pk) == MediaStatus.PROCESSING
        assert fresh(upload).reason_code == "store_unreadable"
    assert preparing.prepare(upload.pk) == MediaStatus.READY


def test_uploads_are_not_taken_for_lost_while_the_store_is_not_mounted(upload: Media) -> None:
    with not_mounted():
        assert preparing.prepare(upload.pk) == MediaStatus.PROCESSING
        assert fresh(upload).reason_code == "store_unreadable"
    assert preparing.prepare(upload.pk) == MediaStatus.READY


def test_a_store_that_is_not_mounted_takes_nothing_that_would_be_hidden_afterwards(
    workspace: Workspace, client: Client
) -> None:
    factories.make_media(workspace)
    with not_mounted():
        with pytest.raises(Invalid, match="can’t be written"):
            factories.make_media(workspace)
        tasks.sweep_media()
        assert "media store" in red(client)
        assert files() == set()
    tasks.sweep_media()
    assert red(client) == {}
    assert files() == named_files()


class Forgetful(FolderMedia):
    """Takes files, and gives none back."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        raise OSError(errno.EIO, "Input/output error")


class Secretive(FolderMedia):
    """Like a bucket that its key may not list: of a file that isn't there it says that one may not know."""

    def exists(self, name: str) -> bool:
        if not super().exists(name):
            raise PermissionError("The media store refused: 403.")
        return True

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # names are random


def in_a(store: type[FolderMedia], settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.{store.__name__}"}}


def test_looking_at_a_store_that_gives_nothing_back_leaves_nothing_in_it(
    upload: Media, settings: Any
) -> None:
    in_a(Forgetful, settings)
    for _ in range(3):
        assert not store.look(timezone.now())
    assert files() == named_files()


def test_one_upload_that_is_gone_speaks_for_nobody_else(
    upload: Media, workspace: Workspace, settings: Any
) -> None:
    in_a(Secretive, settings)
    newest = factories.make_media(workspace)
    Path(newest.original.path).unlink()
    assert factories.make_media(workspace).status == MediaStatus.READY
    for found in Media.objects.all():
        Path(found.original.path).unlink(missing_ok=True)
    with pytest.raises(Invalid, match="can’t be written"):
        factories.make_media(workspace)


def test_a_workspace_that_is_being_deleted_speaks_for_nobody_else(
    upload: Media, workspace: Workspace, charlie: User
) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(deleting_since=timezone.now())
    Path(upload.original.path).unlink()
    assert factories.make_media(Workspace.objects.get(members=charlie)).status == MediaStatus.READY


def test_a_folder_that_may_not_be_seen_is_not_called_empty(upload: Media) -> None:
    folder = root() / "originals"
    with replaced_by_a_loop(folder), pytest.raises(OSError) as no:
        store.check()
    assert no.value.errno == errno.ELOOP


@contextmanager
def replaced_by_a_loop(folder: Path) -> Iterator[None]:
    """Not even root gets past it."""
    with moved_aside(folder):
        folder.symlink_to(folder.name)
        yield


def test_an_operator_may_say_that_the_files_are_lost_and_the_empty_store_is_the_right_one(
    upload: Media, workspace: Workspace
) -> None:
    with not_mounted():
        (root() / store.ACCEPTED).touch()
        assert preparing.prepare(upload.pk) == MediaStatus.FAILED
        assert fresh(upload).reason_code == "lost"
        assert factories.make_media(workspace).status == MediaStatus.READY


def test_an_upload_that_is_gone_is_lost(upload: Media, workspace: Workspace) -> None:
    factories.make_media(workspace)
    Path(upload.original.path).unlink()
    assert preparing.prepare(upload.pk) == MediaStatus.FAILED
    assert fresh(upload).reason_code == "lost"
