"""Media in S3, or in what speaks like it. Objects are private: pages name them under /media/, as ever.

Speaks like a file system to the code above: what is missing raises FileNotFoundError, whatever else goes
wrong OSError. Files are random names that are never written twice, so saving asks for no free name.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

CONNECT_PATIENCE: Final = 5  # seconds
READ_PATIENCE: Final = 10  # seconds between two pieces; a Pin's picture is read before its time
TRIES: Final = 3
CONNECTIONS: Final = 40  # the worker's threads and some; botocore keeps ten
IN_MEMORY: Final = 2 * 1024 * 1024  # bytes of an opened file; what is longer goes to disk


class S3Media(S3Storage):  # type: ignore[misc]  # the library has no types
    def __init__(self, **options: Any) -> None:
        # At an address of its own it is seldom Amazon's: such take no checksums and no bucket.host.
        style = "path" if options.get("endpoint_url") else "auto"
        config = Config(
            s3={"addressing_style": style},
            signature_version="s3v4",
            connect_timeout=CONNECT_PATIENCE,
            read_timeout=READ_PATIENCE,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            max_pool_connections=CONNECTIONS,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # No threads of its own inside ours: a picture is one request.
        transfer = TransferConfig(use_threads=False)
        super().__init__(client_config=config, transfer_config=transfer, file_overwrite=True, **options)

    def url(self, name: str, *_: object, **__: object) -> str:
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """The whole file, in one request: what fails, fails here and not in a later read."""
        if mode != "rb":
            raise ValueError("Media are opened to be read.")
        copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by whoever opened it
        try:
            with _as_os_error(name):
                answer = self.bucket.Object(self._normalize_name(name)).get()
                with closing(answer["Body"]) as body:
                    shutil.copyfileobj(body, copy)
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        return File(copy, name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        with _as_os_error(name):
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _as_os_error(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _as_os_error(name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with _as_os_error(name):
            return int(super().size(name))


@contextmanager
def _as_os_error(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchKey", "NotFound"):
            raise FileNotFoundError(f"{name} is not in the media store.") from error
        if code in ("403", "AccessDenied", "Forbidden"):
            raise PermissionError(f"The media store refused: {code}.") from error
        raise OSError(f"The media store refused: {code}.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"The media store does not answer: {type(error).__name__}.") from error
