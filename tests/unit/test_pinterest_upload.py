"""A video on its way: read in pieces, sent without a token, and never more lost than an upload to repeat."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.pinterest import errors
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import Registration
from accounts.pinterest.upload_form import UploadForm
from tests.support.waiting import PATIENCE
from tests.unit.tiny_server import answer, ended_by_the_deadline, serving

PARAMETERS = {"key": "uploads/5", "policy": "a+b=="}


def upload(url: str, file: io.BufferedIOBase | io.BytesIO, *, deadline: float = PATIENCE) -> None:
    client = PinterestClient("pina_secret", api_url="http://127.0.0.1:9")
    client.upload_video(Registration("5", f"{url}/bucket/", PARAMETERS), file, deadline=deadline)  # type: ignore[arg-type]  # both are BinaryIO in all but name


@contextlib.contextmanager
def sink() -> Iterator[tuple[str, list[int]]]:
    """Swallows one request of any size, keeps only its length, and says 204."""
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def swallow() -> None:
            connection, _ = listener.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                lines = head.lower().split(b"\r\n")
                announced = int(next(line for line in lines if line.startswith(b"content-length:"))[15:])
                got = len(head.partition(b"\r\n\r\n")[2])
                buffer = bytearray(1024 * 1024)
                while got < announced and (more := connection.recv_into(buffer)):
                    got += more
                seen.append(got)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=swallow, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        thread.join(10)


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    size = 96 * 1024 * 1024
    video = tmp_path / "large.mp4"
    with video.open("wb") as empty:
        empty.truncate(size)
    with sink() as (url, seen), video.open("rb") as file:
        tracemalloc.start()
        try:
            upload(url, file)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not file.closed
    assert seen[0] > size
    assert most < 4 * 1024 * 1024


def test_a_file_is_sent_from_its_beginning_wherever_it_was_read_to() -> None:
    file = io.BytesIO(b"video")
    file.read()
    form = UploadForm({'a "b"': "ä"}, file)
    whole = b"".join(form)
    assert len(form) == len(whole)
    assert 'name="a %22b%22"\r\n\r\nä\r\n'.encode() in whole
    assert b"\r\n\r\nvideo\r\n--" in whole
    assert b"".join(form) == whole


def test_a_file_that_shrinks_on_the_way_does_not_end_well() -> None:
    class Shrinking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return b""

    with serving(lambda connection, number: answer(connection, status=204, raw=b"")) as server:
        with pytest.raises(errors.Unavailable, match="answer was lost"):
            upload(server.url, Shrinking(b"video"), deadline=3)
        assert server.requests == []


def test_nothing_of_the_account_reaches_the_upload_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(lambda connection, number: answer(connection, status=204, raw=b"")) as server:
        upload(server.url, io.BytesIO(b"video"))
        assert b"authorization" not in server.requests[0].lower()
        assert b"pina_secret" not in server.requests[0]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_success_of_a_bucket_is_one(status: int) -> None:
    with serving(lambda connection, number: answer(connection, status=status, raw=b"")) as server:
        upload(server.url, io.BytesIO(b"video"))


@pytest.mark.parametrize("status", [307, 408, 429, 500, 503])
def test_an_upload_that_did_not_arrive_is_to_be_repeated(status: int) -> None:
    away = "Location: http://127.0.0.1:9/\r\n"
    with serving(
        lambda connection, number: answer(connection, status=status, raw=b"", headers=away)
    ) as server:
        with pytest.raises(errors.Unavailable):
            upload(server.url, io.BytesIO(b"video"))
        assert len(server.requests) == 1


def test_an_expired_address_is_a_refusal_in_its_own_words() -> None:
    told = b"<Error><Code>AccessDenied</Code><Message>Policy expired</Message></Error>"
    with (
        serving(lambda connection, number: answer(connection, status=403, raw=told)) as server,
        pytest.raises(errors.Refused, match="Policy expired") as caught,
    ):
        upload(server.url, io.BytesIO(b"video"))
    assert caught.value.field == "media"


def test_a_refusal_without_words_still_says_something() -> None:
    refused = errors.from_upload(400, b"\xff<Message>")
    assert isinstance(refused, errors.Refused)
    assert "400" in refused.message


def test_an_address_that_reads_nothing_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with ended_by_the_deadline(0.4), pytest.raises(errors.Unavailable):
            upload(
                f"http://127.0.0.1:{listener.getsockname()[1]}", io.BytesIO(bytes(12_000_000)), deadline=0.5
            )


@pytest.mark.parametrize("url", ["ftp://bucket.example", "bucket", "http://"])
def test_an_address_that_is_none_is_no_crash(url: str) -> None:
    with pytest.raises(errors.Unavailable):
        upload(url, io.BytesIO(b"video"), deadline=1)


def test_neither_address_nor_signature_is_printed_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="accounts")
    with serving(lambda connection, number: answer(connection, status=204, raw=b"")) as server:
        place = Registration("5", f"{server.url}/bucket/", {"policy": "signed-words"})
        PinterestClient("pina_secret", api_url=server.url).upload_video(place, io.BytesIO(b"video"))
    written = "".join(str(record.__dict__) for record in caplog.records) + repr(place)
    assert "pinterest.upload" in written
    for secret in ("signed-words", "/bucket/", "pina_secret"):
        assert secret not in written
