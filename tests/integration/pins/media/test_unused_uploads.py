"""An upload that no Pin uses goes after a week, files and bytes with it; whatever a Pin shows stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User, Workspace
from pins import tasks
from pins.compose import drafts
from pins.errors import Invalid
from pins.media import allowance, unused
from pins.models import Media, Pin, PinMedia, Status
from pinsched.celery import app
from tests.conftest import SignIn
from tests.support import factories
from tests.support.at_once import at_once
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db

LATER = unused.KEPT_FOR + timedelta(minutes=1)


def files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def sweep(now: datetime) -> int:
    return sum(unused.end(pk) for pk in unused.begin(now))


def in_a_week() -> datetime:
    return timezone.now() + LATER


def test_one_that_nothing_uses_goes_with_files_and_bytes(workspace: Workspace, settings: Any) -> None:
    factories.make_media(workspace)
    assert len(files(settings)) == 4
    assert sweep(timezone.now() + unused.KEPT_FOR - timedelta(minutes=1)) == 0
    assert allowance.level(workspace).used > 0

    assert sweep(in_a_week()) == 1

    assert not Media.objects.exists()
    assert not files(settings)
    assert allowance.level(workspace).used == 0


@pytest.mark.parametrize(
    "status", [Status.DRAFT, Status.SCHEDULED, Status.PUBLISHED, Status.FAILED, Status.DELETED]
)
def test_one_that_a_pin_uses_stays(workspace: Workspace, offline: Any, status: Status) -> None:
    picture = factories.make_media(workspace)
    factories.make_pin(workspace, offline, status=status, picture=picture)
    assert sweep(in_a_week()) == 0
    assert Media.objects.filter(pk=picture.pk, removing_since=None).exists()


def test_one_that_was_taken_off_its_draft_has_a_week_from_then(workspace: Workspace) -> None:
    picture, other = factories.make_media(workspace), factories.make_media(workspace)
    pin = factories.make_pin(workspace, picture=picture)
    Media.objects.update(created_at=timezone.now() - timedelta(days=100))
    drafts.change(pin, content=drafts.content_of(pin), media=[other])

    assert sweep(timezone.now()) == 0
    assert sweep(in_a_week()) == 1
    assert [row.pk for row in Media.objects.all()] == [other.pk]


def test_another_workspaces_uploads_and_total_stay(workspace: Workspace, charlie: User) -> None:
    elsewhere = Workspace.objects.get(members=charlie)
    factories.make_media(workspace)
    hers = factories.make_media(elsewhere)
    factories.make_pin(elsewhere, picture=hers)
    before = allowance.level(elsewhere).used
    sweep(in_a_week())
    assert allowance.level(elsewhere).used == before
    assert Media.objects.get() == hers


def test_a_run_takes_a_batch(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused, "BATCH", 2)
    for _ in range(5):
        factories.make_media(workspace, ready=False)
    assert [sweep(in_a_week()) for _ in range(4)] == [2, 2, 1, 0]


def test_the_tick_does_it(workspace: Workspace) -> None:
    factories.make_media(workspace)
    tasks.remove_unused()
    assert Media.objects.exists()
    Media.objects.update(created_at=timezone.now() - LATER)
    tasks.remove_unused()
    assert not Media.objects.exists()
    assert "pins.remove_unused" in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_one_whose_file_cant_be_deleted_is_tried_again(workspace: Workspace, settings: Any) -> None:
    picture = factories.make_media(workspace)
    path = Path(settings.MEDIA_ROOT) / str(picture.original.name)
    path.unlink()
    (path / "in the way").mkdir(parents=True)  # a directory that isn't empty can't be deleted
    used = allowance.level(workspace).used
    start = in_a_week()
    assert sweep(start) == 0
    assert allowance.level(workspace).used == used

    (path / "in the way").rmdir()
    assert sweep(start + timedelta(minutes=1)) == 0, "each is given out once in a while"
    assert sweep(start + unused.AGAIN_AFTER) == 1
    assert allowance.level(workspace).used == 0


def test_while_the_store_is_away_nothing_goes(workspace: Workspace, settings: Any, tmp_path: Path) -> None:
    factories.make_media(workspace)
    settings.MEDIA_ROOT = str(tmp_path / "not mounted")
    assert sweep(in_a_week()) == 0
    assert Media.objects.filter(removing_since=None).exists()


def test_one_that_is_going_can_not_be_put_into_a_pin(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    picture = factories.make_media(workspace)
    unused.begin(in_a_week())
    with pytest.raises(Invalid, match="Upload it again"):
        drafts.create(workspace, content=drafts.Content(), media=[picture], user=alice)
    assert not Pin.objects.exists()
    answer = client_of(alice).post("/pins/compose/autosave/", {"media": picture.pk, "title": "Mine"})
    assert answer.status_code == 404


# A composer that stood open for more than a week ----------------------------------------------------------

WORDS = {"title": "Oak desk", "description": "Two drawers", "link": "https://a.example/oak"}
TYPED = WORDS | {"choice": "draft"}


@pytest.mark.parametrize("removed", [unused.begin, sweep])
def test_a_save_says_at_the_picture_that_it_is_gone_and_keeps_the_rest(
    removed: Callable[[datetime], object], workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    gone = factories.make_media(workspace)
    removed(in_a_week())
    kept, client = factories.make_media(workspace), client_of(alice)
    sent = TYPED | {"media": [gone.pk, kept.pk], "files": factories.upload()}
    answer = client.post("/pins/compose/", sent)

    assert answer.status_code == 404
    assert answer.text.count("This picture was removed") == 2  # in its place, and in the script's template
    assert "Nothing you typed is lost." in answer.text
    for words in WORDS.values():
        assert words in answer.text
    uploaded = Media.objects.exclude(pk__in=(gone.pk, kept.pk)).get()
    assert [one.pk for one in answer.context["pictures"]] == [kept.pk, uploaded.pk]
    assert f'name="media" value="{gone.pk}"' not in answer.text
    assert not Pin.objects.exists()

    # What that page sends: all but the picture that is gone.
    assert client.post("/pins/compose/", TYPED | {"media": [kept.pk, uploaded.pk]}).status_code == 302
    assert set(PinMedia.objects.values_list("media", flat=True)) == {kept.pk, uploaded.pk}
    assert set(Pin.objects.values_list("title", flat=True)) == {"Oak desk"}


def test_the_script_is_told_which_picture_is_gone(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    gone, kept = factories.make_media(workspace), factories.make_media(workspace)
    Media.objects.filter(pk=kept.pk).update(created_at=in_a_week())
    sweep(in_a_week())
    client = client_of(alice)
    answer = client.post("/pins/compose/autosave/", TYPED | {"media": [gone.pk, kept.pk]})
    assert answer.status_code == 404
    assert answer.json() == {"error": {"message": drafts.REMOVED}, "gone": [gone.pk]}
    assert client.post("/pins/compose/autosave/", TYPED | {"media": [kept.pk]}).status_code == 200
    assert PinMedia.objects.get().media == kept


# Both at once -----------------------------------------------------------------------------------------------


def meanwhile(act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    answers: list[object] = []

    def run() -> None:
        try:
            answers.append(act())
        except Invalid as no:
            answers.append(no.problems[0].code)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_pin_that_is_being_made_keeps_its_picture(workspace: Workspace) -> None:
    picture = factories.make_media(workspace)
    with transaction.atomic():
        drafts.create(workspace, content=drafts.Content(), media=[picture], user=None)
        thread, answers = meanwhile(lambda: sweep(in_a_week()))
        thread.join()
    assert answers == [0]
    assert PinMedia.objects.get().media == picture


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_pin_that_comes_too_late_is_told(workspace: Workspace) -> None:
    picture = factories.make_media(workspace)
    with transaction.atomic():
        marked = unused.begin(in_a_week())
        thread, answers = meanwhile(
            lambda: drafts.create(workspace, content=drafts.Content(), media=[picture], user=None)
        )
        wait_until(somebody_waits, what="the Pin to wait for the mark")
    thread.join()
    assert (marked, answers) == ([picture.pk], ["removed"])
    assert unused.end(picture.pk)
    assert not Pin.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_many_sweeps_and_many_pins_at_once_lose_no_picture(workspace: Workspace, settings: Any) -> None:
    pictures = [factories.make_media(workspace, ready=False) for _ in range(12)]

    def make() -> int:
        made = 0
        for picture in pictures:
            try:
                drafts.create(workspace, content=drafts.Content(), media=[picture], user=None)
                made += 1
            except Invalid:
                pass
        return made

    def clear() -> int:
        return sum(sweep(in_a_week()) for _ in range(6))

    at_once([make, make, clear, clear])
    shown = set(PinMedia.objects.values_list("media_id", flat=True))
    assert shown == set(Media.objects.values_list("pk", flat=True))
    kept = {str(name) for name in Media.objects.values_list("original", flat=True)}
    assert {str(path.relative_to(settings.MEDIA_ROOT)) for path in files(settings)} == kept
    assert allowance.level(workspace).used == sum(Media.objects.values_list("size_bytes", flat=True))
