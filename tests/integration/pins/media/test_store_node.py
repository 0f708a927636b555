"""The real processes on a store that stops them halfway, and then doesn't."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import PinterestAccount, Workspace
from pins.media import intake, preparing, store
from pins.models import Media, MediaStatus, Pin, Status
from pins.schedule import queue
from tests.integration.pins.media.broken_stores import files, named_files
from tests.support import factories, image_corpus
from tests.support.processes import children
from tests.support.production import Running
from tests.support.simulated import Simulator
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.processes]

LARGEST: Final = 100_000  # bytes of a file: more than a look writes, less than a prepared photo


@pytest.fixture
def house(tmp_path: Path, settings: Any, simulator: Simulator) -> Iterator[Any]:
    """house("worker"): one line of the Procfile on this test's own database, media and corner of Redis."""
    changes = {
        "DATABASE_URL": _with_path(os.environ["DATABASE_URL"], connection.settings_dict["NAME"]),
        "REDIS_URL": _with_path(os.environ["REDIS_URL"], "8"),
        "MEDIA_ROOT": settings.MEDIA_ROOT,
        "PINTEREST_API_URL": simulator.api_url,
        "PINTEREST_OAUTH_URL": f"{simulator.url}/oauth/",
        "PINTEREST_APP_ID": "simulator",
        "PINTEREST_APP_SECRET": "simulator-secret",
        "TOKEN_ENCRYPTION_KEYS": os.environ["TOKEN_ENCRYPTION_KEYS"],
        "BASE_URL": "http://localhost:8000",
    }
    started: list[Running] = []

    def start(name: str) -> Running:
        started.append(Running(name, tmp_path, **changes))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.kill()


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def limit(worker: Running, size: int) -> None:
    """Of the launcher, its nodes, and the processes of the media node; those to come inherit it."""
    for pid in (worker.process.pid, *children(worker.process.pid)):
        prlimit(pid, RLIMIT_FSIZE, (size, RLIM_INFINITY))


def test_a_media_node_on_a_full_disk_says_so_and_after_a_restart_the_pin_goes_out_once(
    workspace: Workspace, account: PinterestAccount, simulator: Simulator, house: Any
) -> None:
    worker = house("worker")
    wait_until(worker.nodes_ready, what="both nodes")
    limit(worker, LARGEST)
    photo = factories.upload(image_corpus.encoded(image_corpus.photo(1200, 1800)))
    asked = timezone.now() - 2 * preparing.FORGOTTEN_AFTER  # for the first sweep
    upload = intake.accept(workspace, upload=photo, name="photo.jpg", user=None, now=asked)
    pin = factories.make_pin(workspace, account, picture=upload)
    queue.publish_now(pin, now=timezone.now())
    house("beat")

    def waits() -> bool:
        return Pin.objects.get(pk=pin.pk).reason_code == Media.UNWRITABLE

    wait_until(waits, what="the Pin to say what it waits for")
    found = Media.objects.get(pk=upload.pk)
    assert (found.status, found.reason_code) == (MediaStatus.PROCESSING, Media.UNWRITABLE)
    assert files() == named_files() == {upload.original.name}
    assert store.trouble() == "refuses some files; 1 picture waits for it"
    told = [event for event in worker.events() if event["event"] == "media.store_away"]
    assert {(event["level"], event["error"]) for event in told} == {("WARNING", "EFBIG")}
    assert worker.end() == 0
    assert "Traceback" not in worker.text()

    worker = house("worker")
    wait_until(lambda: Pin.objects.get(pk=pin.pk).status == Status.PUBLISHED, what="the Pin to be published")
    assert Media.objects.get(pk=upload.pk).status == MediaStatus.READY
    assert files() == named_files()
    assert store.trouble() == ""
    assert len(simulator.pins()) == 1
    assert worker.end() == 0
