"""A media store that can't be written or read: said in plain words, healed by itself, nothing half there."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as conf
from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.utils import timezone

from accounts import api_tokens
from accounts.fetch import allow_list
from accounts.models import PinterestAccount, User, Workspace
from pins import tasks
from pins.errors import Invalid
from pins.media import download, framing, intake, preparing, store
from pins.models import Media, MediaStatus, Pin, Rendition, RenditionKind, Status
from pins.models.media import Framing
from pins.publish import dispatch, publication
from pins.publish.once import Outcome
from pins.schedule import queue
from pinsched.folder import FolderMedia
from tests.conftest import ROOT, SignIn
from tests.integration.pinsched.test_health import all_are_alive
from tests.support import factories, image_corpus, publishing
from tests.support.simulated import Simulator
from tests.unit.tiny_server import answer, serving

pytestmark = pytest.mark.django_db(transaction=True)


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


@pytest.fixture
def upload(workspace: Workspace) -> Media:
    """Taken in, and not prepared yet."""
    return factories.make_media(workspace, ready=False)


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


# Writing -------------------------------------------------------------------------------------------------


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


# Reading -------------------------------------------------------------------------------------------------


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


# The Pin -------------------------------------------------------------------------------------------------


@pytest.fixture
def due(workspace: Workspace, account: PinterestAccount, upload: Media) -> Pin:
    pin = factories.make_pin(workspace, account, picture=upload)
    queue.publish_now(pin, now=timezone.now())
    return pin


def again(pin: Pin) -> Pin:
    return Pin.objects.with_parts().get(pk=pin.pk)


def test_a_pin_says_what_its_picture_waits_for_and_goes_out_when_that_is_over(
    due: Pin, upload: Media, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    with full():
        preparing.prepare(upload.pk)
        assert send_all() == [Outcome.PUT_OFF]
    pin = again(due)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "store_unwritable")
    page = client_of(alice).get(f"/pins/{pin.pk}/").text
    assert (
        page.count("full or can’t be written to") == 3
    )  # for the picture, as why it isn't out, in its history
    assert "Next try" in page
    Pin.objects.filter(pk=pin.pk).update(due_at=timezone.now() + timedelta(minutes=2))  # after many tries
    assert preparing.prepare(upload.pk) == MediaStatus.READY
    assert send_all() == [Outcome.DONE]
    assert len(simulator.pins()) == 1


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 100)])
def test_a_prepared_file_that_is_gone_or_cut_short_is_made_again(
    damage: Callable[[Path], None], due: Pin, upload: Media, simulator: Simulator
) -> None:
    preparing.prepare(upload.pk)
    for rendition in upload.renditions.all():
        damage(Path(rendition.file.path))
    assert send_all() == [Outcome.PUT_OFF]
    assert "makes it again from the upload" in again(due).reason_message
    assert fresh(upload).status == MediaStatus.PROCESSING
    assert preparing.forgotten(timezone.now()) == [upload.pk]  # at the next sweep
    assert preparing.prepare(upload.pk) == MediaStatus.READY
    for rendition in upload.renditions.all():
        assert Path(rendition.file.path).stat().st_size == rendition.size_bytes
    assert send_all() == [Outcome.DONE]
    assert len(simulator.pins()) == 1


def test_a_pin_whose_picture_is_gone_altogether_fails_and_is_cured_by_another_picture(
    due: Pin, upload: Media, workspace: Workspace, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    preparing.prepare(upload.pk)
    factories.make_media(workspace)  # whose files are there
    for name in (upload.original.name, *upload.renditions.values_list("file", flat=True)):
        (root() / name).unlink()
    send_all()
    assert preparing.prepare(upload.pk) == MediaStatus.FAILED
    assert send_all(timezone.now() + publication.MEDIA_WAIT) == [Outcome.REFUSED]
    pin = again(due)
    assert (pin.status, pin.reason_code) == (Status.FAILED, "media_failed")
    assert "gone from the media store" in pin.reason_message
    client = client_of(alice)
    cure = f"/pins/compose/?batch={pin.pk}"
    assert f'href="{cure}"' in client.get(f"/pins/{pin.pk}/").text
    composer = client.get(cure).text
    assert "gone from the media store" in composer
    assert 'data-src=""' in composer  # no broken image
    other = factories.make_media(workspace, color="#208040")
    words = {"title": pin.title, "destination": f"board-{pin.board_id}"}
    client.post("/pins/compose/", words | {"batch": pin.pk, "media": other.pk, "choice": "now"})
    assert send_all() == [Outcome.DONE]
    assert again(due).status == Status.PUBLISHED


def test_a_prepared_file_that_cannot_be_read_puts_the_pin_off(
    due: Pin, upload: Media, simulator: Simulator
) -> None:
    preparing.prepare(upload.pk)
    with not_mounted():
        assert send_all() == [Outcome.PUT_OFF]
    pin = again(due)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "media_unreadable")
    assert pin.due_at is not None
    assert send_all(pin.due_at) == [Outcome.DONE]
    assert len(simulator.pins()) == 1


# What people see -----------------------------------------------------------------------------------------


def test_the_composer_says_it_once_and_then_is_silent_until_something_changes(
    upload: Media, alice: User, client_of: SignIn
) -> None:
    client, address = client_of(alice), f"/pins/compose/picture/{upload.pk}/"
    assert client.get(address, {"waiting": ""}).status_code == 204
    with full():
        preparing.prepare(upload.pk)
    item = client.get(address, {"waiting": ""})
    assert "full or can’t be written to" in item.text
    assert "?waiting=store_unwritable" in item.text
    assert client.get(address, {"waiting": "store_unwritable"}).status_code == 204
    preparing.prepare(upload.pk)
    assert "can’t be written" not in client.get(address, {"waiting": "store_unwritable"}).text


def test_the_api_says_it(upload: Media, alice: User, workspace: Workspace, client: Client) -> None:
    with full():
        preparing.prepare(upload.pk)
    _, plain = api_tokens.issue(alice, workspace, name="test")
    answer = client.get(f"/api/v1/media/med_{upload.pk}", headers={"Authorization": f"Bearer {plain}"}).json()
    assert answer["status"] == "processing"
    assert answer["reason"]["code"] == "store_unwritable"


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
