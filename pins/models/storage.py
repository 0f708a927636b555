"""How many bytes a workspace keeps in the media store: a running total, changed with the rows it counts."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.db.models.functions import Greatest


class StorageQuerySet(models.QuerySet["Storage"]):
    def take(self, workspace_id: int, size: int, *, most: int) -> bool:
        """Compare-and-swap: so many bytes more, unless that were more than `most` (0: any number)."""
        self.get_or_create(workspace_id=workspace_id)
        found = self.filter(workspace_id=workspace_id)
        if most:
            found = found.filter(used_bytes__lte=most - size)
        return found.update(used_bytes=F("used_bytes") + size) == 1

    def change(self, workspace_id: int, by: int) -> None:
        """So many bytes more or fewer, whatever the bound: what is prepared from an upload came with it."""
        self.get_or_create(workspace_id=workspace_id)
        total = Greatest(F("used_bytes") + by, 0)
        self.filter(workspace_id=workspace_id).update(used_bytes=total)


class Storage(models.Model):
    workspace = models.OneToOneField(
        "accounts.Workspace", primary_key=True, on_delete=models.CASCADE, related_name="storage"
    )
    used_bytes = models.BigIntegerField(default=0, help_text="Of uploads and what was prepared from them.")

    objects = StorageQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "storage"

    def __str__(self) -> str:
        return f"{self.used_bytes} bytes of {self.workspace}"
