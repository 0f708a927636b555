"""Boards and sections as Pinterest has them. Vanished ones are marked, not deleted: Pins point at them."""

from __future__ import annotations

from django.db import models


class BoardQuerySet(models.QuerySet["Board"]):
    def present(self) -> BoardQuerySet:
        return self.filter(vanished_at=None)

    def named(self, part: str) -> BoardQuerySet:
        """Those with this in their name; all for an empty one."""
        return self.filter(name__icontains=part) if part else self

    def with_sections(self) -> BoardQuerySet:
        """Each with `sections_now`, the sections that are still on Pinterest."""
        present = BoardSection.objects.present()
        return self.prefetch_related(models.Prefetch("sections", present, to_attr="sections_now"))


class Board(models.Model):
    account = models.ForeignKey("accounts.PinterestAccount", on_delete=models.CASCADE, related_name="boards")
    pinterest_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    privacy = models.CharField(max_length=16, default="PUBLIC")
    pin_count = models.PositiveIntegerField(null=True, blank=True)
    cover_url = models.CharField(max_length=2048, blank=True)
    vanished_at = models.DateTimeField(null=True, blank=True)

    objects = BoardQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=["account", "pinterest_id"], name="one_row_per_board"),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_secret(self) -> bool:
        return self.privacy == "SECRET"


class BoardSectionQuerySet(models.QuerySet["BoardSection"]):
    def present(self) -> BoardSectionQuerySet:
        return self.filter(vanished_at=None)


class BoardSection(models.Model):
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="sections")
    pinterest_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    vanished_at = models.DateTimeField(null=True, blank=True)

    objects = BoardSectionQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=["board", "pinterest_id"], name="one_row_per_section"),)

    def __str__(self) -> str:
        return self.name
