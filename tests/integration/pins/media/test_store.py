"""A media store that can't be written or read: said in plain words, healed by itself, nothing half there."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.fetch import allow_list
from accounts.models import Workspace
from pins import tasks
from pins.errors import Invalid
from pins.media import download, framing, intake, preparing, store
from pins.models import Media, MediaStatus, RenditionKind
from pins.models.media import Framing
from tests.conftest import ROOT
from tests.integration.pins.media.broken_stores import (
    after,
    files,
    fresh,
    full,
    named_files,
    red,
    replaced_by_a_file,
    replaced_by_a_folder,
    root,
    with_room_for,
)
from tests.support import factories, image_corpus
from tests.unit.tiny_server import answer, serving

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_full_store_keeps_a_picture_in_preparation_with_its_reason(upload: Media) -> None:
    with full():
        assert preparing.prepare(upload.pk) == MediaStatus.PROCESSING
    found = fresh(upload)
    assert (found.status, found.reason_code) == (MediaStatus.PROCESSING, "store_unwritable")
    assert "full or can’t be written to" in found.reason_message
    assert "by itself" in found.reason_message
    assert files() == named_files() == {upload.original.name}


def test_of_several_files_those_that_were_written_go_too(upload: Media, settings: Any) -> None:
    preparing.prepare(upload.pk)
    prepared = upload.rendition(RenditionKind.PREPARED)
    assert prepared is not None
    before = files()
    framing.reframe(upload, Framing(focal=(0.2, 0.2)), now=timezone.now())
    used = sum((root() / found).stat().st_size for found in before)
    with_room_for(used + prepared.size_bytes + 100, settings)  # and not for the thumbnail
    assert preparing.prepare(upload.pk) == MediaStatus.PROCESSING
    assert files() == named_files() == before
    with_room_for(10**9, settings)
    assert preparing.prepare(upload.pk) == MediaStatus.READY
    assert files() == named_files()


HALFWAY = """
import sys, resource, django
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
django.setup()
from django.core.files.base import ContentFile
from pinsched.folder import FolderMedia
folder = FolderMedia(location=sys.argv[1])
folder.save("prepared/small.jpg", ContentFile(b"x" * 100_000))
try:
    folder.save("prepared/large.jpg", ContentFile(b"x" * 100_001))
except OSError as error:
    print(error.strerror)
"""


def test_a_file_that_cannot_be_written_to_its_end_is_taken_back(tmp_path: Path) -> None:
    """The kernel stops it halfway, as a full disk does."""
    done = subprocess.run(
        [sys.executable, "-c", HALFWAY, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "File too large\n"
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == ["small.jpg"]


def test_the_waits_grow_and_are_kept(upload: Media) -> None:
    waits = []
    with full():
        for _ in range(6):
            preparing.prepare(upload.pk)
            waits.append(round(after(upload).total_seconds()))
    assert waits == [10, 20, 40, 80, 120, 120]
    now = timezone.now()
    assert preparing.forgotten(now + timedelta(seconds=115)) == []
    assert preparing.forgotten(now + timedelta(seconds=125)) == [upload.pk]


def test_it_heals_by_itself_and_says_nothing_more(upload: Media) -> None:
    with full():
        preparing.prepare(upload.pk)
    (due,) = preparing.forgotten(timezone.now() + timedelta(seconds=11))
    assert preparing.prepare(due) == MediaStatus.READY
    found = fresh(upload)
    assert (found.reason_code, found.reason_message, found.tries) == ("", "", 0)
    assert files() == named_files()


def test_some_go_ahead_and_the_first_that_succeeds_calls_the_others(workspace: Workspace) -> None:
    pictures = [factories.make_media(workspace, ready=False) for _ in range(5)]
    with full():
        for picture in pictures:
            preparing.prepare(picture.pk)
    scouts = preparing.forgotten(timezone.now() + timedelta(seconds=11))
    assert len(scouts) == preparing.SCOUTS
    assert preparing.prepare(scouts[0]) == MediaStatus.READY
    rest = preparing.forgotten(timezone.now() + timedelta(seconds=1))
    assert len(rest) == 4
    assert set(Media.objects.filter(pk__in=rest).values_list("reason_code", "tries")) == {("", 0)}


def test_a_picture_that_is_framed_anew_meanwhile_begins_anew(upload: Media) -> None:
    with full():
        for _ in range(4):
            preparing.prepare(upload.pk)
    framing.reframe(fresh(upload), Framing(focal=(0.2, 0.2)), now=timezone.now())
    assert (fresh(upload).tries, fresh(upload).reason_code) == (0, "")


def test_a_picture_by_address_waits_too_and_is_fetched_again(workspace: Workspace, settings: Any) -> None:
    with serving(lambda connection, number: answer(connection, raw=factories.jpeg())) as server:
        settings.FETCH_ALLOW = allow_list(server.url.removeprefix("http://"))
        noted = download.accept(workspace, url=f"{server.url}/vase.jpg", user=None, now=timezone.now())
        root().mkdir(parents=True)
        with replaced_by_a_file(root()):
            assert not download.bring(noted.pk)
        found = fresh(noted)
        assert (found.status, found.reason_code) == (MediaStatus.PROCESSING, "store_unwritable")
        assert not found.original
        assert download.hand_out(now=timezone.now() + timedelta(seconds=9)) == []
        (due,) = download.hand_out(now=timezone.now() + timedelta(seconds=11))
        assert download.bring(due)
    assert fresh(noted).reason_code == ""
    assert preparing.prepare(due) == MediaStatus.READY


NO_ROOM = """
import resource, sys
from accounts.fetch import allow_list, fetch
from tests.support.waiting import PATIENCE
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
url = sys.argv[1]
allow = allow_list(url.removeprefix("http://"))
try:
    fetch(f"{url}/vase.jpg", allow=allow, max_bytes=10**6, deadline=PATIENCE, accept=["image/jpeg"])
except OSError as error:
    print(error.strerror)
"""


def test_a_full_temporary_folder_is_not_taken_for_a_server_that_is_away() -> None:
    with serving(lambda connection, number: answer(connection, raw=factories.jpeg())) as server:
        words = [sys.executable, "-c", NO_ROOM, server.url]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"


def test_an_upload_in_the_request_leaves_no_row(workspace: Workspace, settings: Any) -> None:
    with_room_for(1000, settings)
    with pytest.raises(Invalid) as no:
        factories.make_media(workspace, ready=False)
    assert no.value.problems[0].code == "store_unavailable"
    assert files() == set()
    assert not Media.objects.exists()


def test_a_stale_file_that_cannot_be_deleted_breaks_nothing(upload: Media) -> None:
    preparing.prepare(upload.pk)
    framing.reframe(upload, Framing(focal=(0.2, 0.2)), now=timezone.now())
    old = upload.rendition(RenditionKind.PREPARED)
    assert old is not None
    with replaced_by_a_folder(old.file):
        assert preparing.prepare(upload.pk) == MediaStatus.READY
    assert fresh(upload).status == MediaStatus.READY
    assert files() - named_files() == {old.file.name}


# What operators see --------------------------------------------------------------------------------------


def test_readyz_names_the_store_from_the_first_look_after_a_refusal_to_the_one_that_goes_well(
    workspace: Workspace, client: Client
) -> None:
    tasks.sweep_media()
    assert red(client) == {}
    factories.make_media(workspace)
    with replaced_by_a_file(root()):
        with pytest.raises(Invalid):
            factories.make_media(workspace)
        tasks.sweep_media()
        assert red(client) == {"media store": "takes no files or gives none back; 0 pictures wait for it"}
    tasks.sweep_media()
    assert red(client) == {}
    assert files() == named_files()


def test_readyz_counts_what_waits_for_a_store_that_takes_small_files_only(
    workspace: Workspace, client: Client, settings: Any
) -> None:
    photo = factories.upload(image_corpus.encoded(image_corpus.photo(1200, 1800)))
    upload = intake.accept(workspace, upload=photo, name="photo.jpg", user=None, now=timezone.now())
    with_room_for(upload.size_bytes + store.SAMPLE_SIZE, settings)
    preparing.prepare(upload.pk)
    store.look(timezone.now())
    assert red(client) == {"media store": "refuses some files; 1 picture waits for it"}
    with_room_for(10**9, settings)
    preparing.prepare(upload.pk)
    assert red(client) == {}


def test_a_look_is_rare_while_nobody_doubts_the_store(client: Client) -> None:
    now = timezone.now()
    store.look_when_needed(now)
    with replaced_by_a_file(root()):
        store.look_when_needed(now + store.LOOK_EVERY - timedelta(seconds=1))
        assert red(client) == {}
        store.look_when_needed(now + store.LOOK_EVERY)
        assert "media store" in red(client)


def test_a_refusal_is_one_line_in_the_log(upload: Media, caplog: pytest.LogCaptureFixture) -> None:
    with full():
        preparing.prepare(upload.pk)
    (line,) = [one for one in caplog.records if one.name.startswith("pins")]
    assert (line.message, line.levelname, line.exc_info) == ("media.store_away", "WARNING", None)
    said = vars(line)
    assert (said["code"], said["error"], said["media"]) == ("store_unwritable", "ENOTDIR", upload.pk)
