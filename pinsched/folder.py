"""Media in a folder: whole files only."""

from __future__ import annotations

import os
from contextlib import suppress

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class FolderMedia(FileSystemStorage):
    def exists(self, name: str) -> bool:
        """Raises OSError where that can't be seen: in a folder that may not be entered, say."""
        try:
            os.lstat(self.path(name))
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

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
