"""How much a workspace may keep: uploads and what was prepared from them, counted in the transaction that
makes or deletes their rows.

Asked twice: before a file is written, so that none is written in vain; and when its row is made, by
compare-and-swap, so that of two that would both still fit only one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from pins.errors import Invalid
from pins.models import Storage

if TYPE_CHECKING:
    from accounts.models import Workspace

MB: Final = 1024 * 1024  # bytes
FULL: Final = "storage_full"


@dataclass(frozen=True, slots=True)
class Level:
    """In bytes. `most` is 0 where there is no bound."""

    used: int
    most: int

    @property
    def is_full(self) -> bool:
        return bool(self.most) and self.used >= self.most


class Full(Exception):
    """There is no room for this file; `message` says so."""

    def __init__(self) -> None:
        self.message = (
            f"The workspace has used up its {filesizeformat(most())} of storage. Uploads that no Pin uses "
            "go by themselves after a week; for more room, ask the person who runs this PinSched."
        )
        super().__init__(self.message)

    def at(self, field: str) -> Invalid:
        return Invalid.at(field, FULL, self.message)


def most() -> int:
    """Bytes that one workspace may keep; 0 is any number."""
    return int(settings.WORKSPACE_STORAGE_MB) * MB


def level(workspace: Workspace) -> Level:
    used = Storage.objects.filter(workspace=workspace).values_list("used_bytes", flat=True).first()
    return Level(used or 0, most())


def check(workspace: Workspace, *, size: int = 1) -> None:
    """Raises Full unless a file of so many bytes would fit just now. Keeps no room for it."""
    if most() and level(workspace).used + size > most():
        raise Full


def take(workspace_id: int, size: int) -> None:
    """In the transaction that makes an upload's row. Raises Full."""
    if not Storage.objects.take(workspace_id, size, most=most()):
        raise Full
