"""Media in a bucket: taken in, prepared, shown and published, and what happens when the bucket is away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from accounts.models import PinterestAccount, User, Workspace
from pins.media import framing, preparing, store
from pins.models import MediaStatus, Pin, RenditionKind, Status
from pins.models.media import Framing
from pins.publish import dispatch
from pins.publish.once import Outcome
from pinsched.s3 import S3Media
from tests.conftest import SignIn
from tests.support import factories, publishing
from tests.support.production import settings_of
from tests.support.simulated import Simulator

BUCKET: Final = "pinsched-media"


def test_a_folder_holds_the_media_unless_a_bucket_is_named() -> None:
    (found,) = settings_of("STORAGES")
    assert found["default"] == {"BACKEND": "pinsched.folder.FolderMedia"}
    (found,) = settings_of(
        "STORAGES",
        S3_BUCKET=BUCKET,
        S3_ENDPOINT_URL="https://s3.example.com",
        S3_ACCESS_KEY_ID="id",
        S3_SECRET_ACCESS_KEY="secret",
        S3_REGION="eu-central-1",
    )
    assert found["default"] == {
        "BACKEND": "pinsched.s3.S3Media",
        "OPTIONS": {
            "bucket_name": BUCKET,
            "endpoint_url": "https://s3.example.com",
            "access_key": "id",
            "secret_key": "secret",
            "region_name": "eu-central-1",
        },
    }
    assert found["staticfiles"]["BACKEND"].startswith("whitenoise")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, on this machine."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def in_bucket(address: str, bucket: str = BUCKET) -> dict[str, Any]:
    options = {"bucket_name": bucket, "endpoint_url": address, "region_name": "us-east-1"}
    return {
        "BACKEND": "pinsched.s3.S3Media",
        "OPTIONS": options | {"access_key": "id", "secret_key": "secret"},
    }


@pytest.fixture
def bucket(s3: str, settings: Any) -> Any:
    """Our media are in a new bucket; answers it."""
    settings.STORAGES = settings.STORAGES | {"default": in_bucket(s3)}
    storage = S3Media(**in_bucket(s3)["OPTIONS"])
    found = storage.bucket
    found.create()
    yield found
    found.objects.delete()
    found.delete()


def keys(bucket: Any) -> list[str]:
    return [each.key for each in bucket.objects.all()]


@pytest.mark.django_db
def test_a_picture_in_s3_is_taken_in_prepared_shown_and_published(
    bucket: Any,
    account: PinterestAccount,
    workspace: Workspace,
    simulator: Simulator,
    alice: User,
    charlie: User,
    client_of: SignIn,
    tmp_path: Path,
) -> None:
    picture = factories.make_media(workspace)
    assert picture.status == MediaStatus.READY
    assert len(keys(bucket)) == 4
    assert not (tmp_path / "media").exists()

    # Pages name it under our own address, and our view gives it to people of its workspace only.
    url = picture.prepared_url
    assert url.startswith("/media/prepared/")
    answer = client_of(alice).get(url)
    assert answer.status_code == 200
    shown = answer.getvalue()
    prepared = picture.rendition(RenditionKind.PREPARED)
    assert prepared is not None
    assert len(shown) == prepared.size_bytes == int(answer["Content-Length"])
    assert shown.startswith(b"\xff\xd8")
    assert client_of(charlie).get(url).status_code == 404

    now = timezone.now()
    pin = factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=now, picture=picture)
    for claim in dispatch.claim(now=now):
        publishing.send(claim.attempt)
    assert Pin.objects.get(pk=pin.pk).status == Status.PUBLISHED
    assert len(simulator.pins()) == 1


@pytest.mark.django_db
def test_objects_are_private(bucket: Any, workspace: Workspace) -> None:
    factories.make_media(workspace)
    for each in bucket.objects.all():
        grants = each.Acl().grants
        assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
        assert all(grant["Grantee"]["Type"] == "CanonicalUser" for grant in grants)


@pytest.mark.django_db
def test_a_new_crop_replaces_the_objects_of_the_old_one(bucket: Any, workspace: Workspace) -> None:
    picture = factories.make_media(workspace)
    before = set(keys(bucket))
    framing.reframe(picture, Framing(focal=(0.2, 0.2)), now=timezone.now() + timedelta(seconds=1))
    assert preparing.prepare(picture.pk) == MediaStatus.READY
    after = set(keys(bucket))
    overview = picture.rendition(RenditionKind.OVERVIEW)
    assert overview is not None
    assert before & after == {picture.original.name, overview.file.name}  # the whole picture is the same
    assert len(after) == 4


@pytest.mark.django_db
def test_an_upload_that_is_gone_from_the_bucket_is_said_to_be_lost(
    bucket: Any, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    factories.make_media(workspace)  # which is there
    waiting = factories.make_media(workspace, ready=False)
    bucket.Object(waiting.original.name).delete()
    assert preparing.prepare(waiting.pk) == MediaStatus.FAILED
    waiting.refresh_from_db()
    assert waiting.reason_code == "lost"

    ready = factories.make_media(workspace)
    url = ready.thumbnail_url
    bucket.Object(url.removeprefix("/media/")).delete()
    assert client_of(alice).get(url).status_code == 404


@pytest.mark.django_db
def test_a_pin_waits_while_the_bucket_does_not_answer(
    bucket: Any, account: PinterestAccount, workspace: Workspace, simulator: Simulator, settings: Any
) -> None:
    now = timezone.now()
    picture = factories.make_media(workspace)
    factories.make_pin(workspace, account, status=Status.SCHEDULED, publish_at=now, picture=picture)
    settings.STORAGES = settings.STORAGES | {"default": in_bucket("http://127.0.0.1:9")}
    for claim in dispatch.claim(now=now):
        assert publishing.send(claim.attempt) == Outcome.PUT_OFF
    (pin,) = Pin.objects.all()
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "media_unreadable")
    assert not simulator.pins()


@pytest.mark.django_db
def test_a_picture_waits_while_the_bucket_does_not_answer_and_goes_on_when_it_does(
    bucket: Any, s3: str, workspace: Workspace, settings: Any
) -> None:
    picture = factories.make_media(workspace, ready=False)
    settings.STORAGES = settings.STORAGES | {"default": in_bucket("http://127.0.0.1:9")}
    assert preparing.prepare(picture.pk) == MediaStatus.PROCESSING
    picture.refresh_from_db()
    assert (picture.reason_code, picture.tries) == ("store_unreadable", 1)
    assert not store.look(timezone.now())
    settings.STORAGES = settings.STORAGES | {"default": in_bucket(s3)}
    assert store.look(timezone.now())
    assert keys(bucket) == [picture.original.name]  # the look left nothing behind
    assert preparing.prepare(picture.pk) == MediaStatus.READY
    assert len(keys(bucket)) == 4


def test_what_goes_wrong_with_a_bucket_is_an_os_error(s3: str, settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {"default": in_bucket(s3, "there-is-no-such-bucket")}
    with pytest.raises(OSError, match="The media store refused: NoSuchBucket"):
        default_storage.open("prepared/x.jpg")
    with pytest.raises(OSError, match="The media store refused: NoSuchBucket"):
        default_storage.save("prepared/x.jpg", factories.upload())
    with pytest.raises(ValueError, match="to be read"):
        default_storage.open("prepared/x.jpg", "wb")
