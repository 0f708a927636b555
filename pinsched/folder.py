"""Media in a folder: whole files only, and an empty folder isn't taken for a store whose files are lost."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class FolderMedia(FileSystemStorage):
    def _save(self, name: str, content: File[bytes]) -> str:
        """Until it is on the disk itself: some (network, quota, thin volumes) refuse no earlier than that."""
        try:
            saved = str(super()._save(name, content))  # type: ignore[misc]  # the stubs leave it out
            with open(self.path(saved), "rb") as file:
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # what was written of it; names are random, so nobody else's
                os.unlink(self.path(name))
            raise
        return saved

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """Raises FileNotFoundError for a file that is gone, OSError when the whole store isn't there."""
        try:
            return cast("File[bytes]", super()._open(name, mode))  # type: ignore[misc]  # as above
        except FileNotFoundError as gone:
            # A disk that isn't mounted leaves its mount point behind, empty.
            if not Path(self.location, PurePosixPath(name).parts[0]).is_dir():
                raise OSError(errno.ENODEV, "The media folder is empty. Is it mounted?") from gone
            raise
