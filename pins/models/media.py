"""An uploaded file and what was prepared from it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from django.db import models

from pins.rules import preflight

if TYPE_CHECKING:
    from accounts.models import Workspace


class MediaKind(models.TextChoices):
    IMAGE = "image", "Image"
    VIDEO = "video", "Video"


class MediaStatus(models.TextChoices):
    PROCESSING = "processing", "Being prepared"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Fit(models.TextChoices):
    """How a picture of other proportions becomes 2:3."""

    CROP = "crop", "Fill: crop to 2:3"
    BLUR = "blur", "Whole picture on a blurred background"
    COLOR = "color", "Whole picture on a colour"


def original_path(media: Media, filename: str) -> str:
    """Random: an upload's own name is never part of a path."""
    return f"originals/{datetime.now(UTC):%Y/%m}/{secrets.token_hex(16)}"


def rendition_path(rendition: Rendition, filename: str) -> str:
    return f"prepared/{datetime.now(UTC):%Y/%m}/{secrets.token_hex(16)}.jpg"


@dataclass(frozen=True, slots=True)
class Framing:
    """How a picture becomes 2:3. Without a focal point (0..1 of the picture as shown) one is found."""

    fit: Fit = Fit.CROP
    pad_color: str = "#ffffff"
    focal: tuple[float, float] | None = None


class MediaQuerySet(models.QuerySet["Media"]):
    def of(self, workspace: Workspace) -> MediaQuerySet:
        return self.filter(workspace=workspace, removing_since=None)

    def unused(self, before: datetime) -> MediaQuerySet:
        """Nothing has used them since the given instant: no Pin of any status, nor whatever else may come to
        point at a picture. A Rendition is a part of it."""
        found = self.filter(removing_since=None).filter(
            models.Q(released_at=None, created_at__lte=before) | models.Q(released_at__lte=before)
        )
        for relation in Media._meta.related_objects:
            user = relation.related_model
            if relation.many_to_many or not isinstance(user, type) or user is Rendition:
                continue
            uses = user._base_manager.filter(**{relation.field.name: models.OuterRef("pk")})
            found = found.filter(~models.Exists(uses))
        return found

    def left_over(self, before: datetime) -> MediaQuerySet:
        """Their removal was begun, and whoever did has stopped."""
        return self.filter(removing_since__lte=before)

    def forgotten(self, before: datetime) -> MediaQuerySet:
        """Still waiting for preparation since before the given instant: their message was lost."""
        return self.filter(status=MediaStatus.PROCESSING, asked_at__lt=before).exclude(original="")

    def to_fetch(self, now: datetime) -> MediaQuerySet:
        """Have an address only, as yet, and are due; nobody is at them, or whoever was is lost."""
        free = models.Q(fetch_until=None) | models.Q(fetch_until__lte=now)
        return self.filter(free, fetch_at__lte=now, workspace__deleting_since=None)

    def being_fetched(self, now: datetime) -> MediaQuerySet:
        return self.filter(fetch_at__isnull=False, fetch_until__gt=now)

    def in_trouble(self) -> MediaQuerySet:
        """Can't be used, or could not be fetched so far, and nobody was told."""
        unfetched = models.Q(status=MediaStatus.PROCESSING, fetch_tries__gt=0)
        failed = models.Q(status=MediaStatus.FAILED)
        return self.filter(failed | unfetched, told_at=None).exclude(reason_code="")

    def stored(self) -> MediaQuerySet:
        """Whose upload should be in the media store, in workspaces that stay."""
        return self.exclude(original="").filter(workspace__deleting_since=None)

    def waiting_for_store(self) -> MediaQuerySet:
        return self.filter(status=MediaStatus.PROCESSING, tries__gt=0)


class Media(models.Model):
    # Reasons of a picture that is being prepared: the media store is away.
    UNWRITABLE: Final = "store_unwritable"
    UNREADABLE: Final = "store_unreadable"
    # Why a Pin waits for it, or can't go out.
    AWAITED: Final = "media_processing"
    UNFETCHED: Final = "media_unfetched"
    WAITS: Final = (AWAITED, UNFETCHED, UNWRITABLE, UNREADABLE)  # what Pins that wait for a picture say
    UNUSABLE: Final = "media_failed"

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="media")
    kind = models.CharField(max_length=8, choices=MediaKind, default=MediaKind.IMAGE)
    status = models.CharField(max_length=12, choices=MediaStatus, default=MediaStatus.PROCESSING)
    reason_code = models.CharField(max_length=40, blank=True)
    reason_message = models.CharField(max_length=500, blank=True)
    # Where to fetch it from, when it was given by address. Until it is there, `original` is empty and what
    # only the file can tell (content_type, size, width, height, sha256) too.
    source_url = models.TextField(blank=True)
    original = models.FileField(upload_to=original_path, max_length=200, blank=True)
    name = models.CharField(max_length=255, blank=True, help_text="The file's name, for people only.")
    content_type = models.CharField(max_length=40, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    dhash = models.CharField(max_length=16, blank=True)
    dominant_color = models.CharField(max_length=7, blank=True)
    # The point that the crop keeps as near its centre as the edges allow; 0..1 of the picture as shown.
    focal_x = models.FloatField(default=0.5)
    focal_y = models.FloatField(default=0.5)
    # Whether a person chose that point. Until then, preparing finds one by itself.
    focal_chosen = models.BooleanField(default=False)
    fit = models.CharField(max_length=8, choices=Fit, default=Fit.CROP)
    pad_color = models.CharField(max_length=7, default="#ffffff", help_text="#rrggbb, for the fit “colour”.")
    # Of one that has an address only, as yet: when it is fetched next, until when somebody is at it, how
    # often that failed for what may pass, and since when it has.
    fetch_at = models.DateTimeField(null=True, blank=True)
    fetch_until = models.DateTimeField(null=True, blank=True)
    fetch_tries = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    # When people were told that it keeps Pins from going out.
    told_at = models.DateTimeField(null=True, blank=True)
    # When preparation was last asked for; a later asking makes an earlier result stale.
    asked_at = models.DateTimeField()
    # How often the media store has stopped it since; the reason says how.
    tries = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # When a Pin last let go of it.
    released_at = models.DateTimeField(null=True, blank=True)
    # Set when nothing has used it for a while: from then on nothing can, and its files go.
    removing_since = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MediaQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(focal_x__range=(0, 1), focal_y__range=(0, 1)),
                name="focal_point_inside_the_picture",
            ),
        )
        indexes = (
            models.Index(
                fields=["asked_at"], condition=models.Q(status="processing"), name="media_forgotten"
            ),
            models.Index(fields=["workspace", "sha256"], name="media_same_file"),
            models.Index(
                fields=["removing_since"],
                condition=models.Q(removing_since__isnull=False),
                name="media_left_over",
            ),
            # download.hand_out
            models.Index(
                fields=["workspace", "fetch_at"],
                condition=models.Q(fetch_at__isnull=False),
                name="media_to_fetch",
            ),
            # problems.pictures
            models.Index(
                fields=["asked_at"],
                condition=models.Q(told_at__isnull=True) & ~models.Q(reason_code=""),
                name="media_in_trouble",
            ),
        )

    def __str__(self) -> str:
        return self.name or f"Media {self.pk}"

    @property
    def condition(self) -> preflight.MediaStatus:
        """The status, in preflight's words."""
        match MediaStatus(self.status):
            case MediaStatus.PROCESSING:
                return "processing"
            case MediaStatus.READY:
                return "ready"
            case MediaStatus.FAILED:
                return "failed"

    @property
    def framing(self) -> Framing:
        focal = (self.focal_x, self.focal_y) if self.focal_chosen else None
        return Framing(Fit(self.fit), self.pad_color, focal)

    @property
    def trouble(self) -> tuple[str, str] | None:
        """Why a Pin with it can't go out, or not yet: a code and words. None when nothing is wrong."""
        if self.status == MediaStatus.FAILED:
            return self.UNUSABLE, self.reason_message
        if self.status == MediaStatus.READY or not self.reason_code:
            return None
        known = self.UNFETCHED if self.fetch_tries else self.reason_code if self.tries else self.AWAITED
        return known, self.reason_message

    @property
    def caption(self) -> str:
        """Of its button in the composer: its name, and how it stands where that can be seen only."""
        aside = {MediaStatus.PROCESSING: ", being prepared", MediaStatus.FAILED: ", can’t be used"}
        return f"{self.name or 'this picture'}{aside.get(MediaStatus(self.status), '')}"

    @property
    def offered_color(self) -> str:
        """What is around it, or would be first: the colour that was chosen, else its own."""
        return self.pad_color if self.fit == Fit.COLOR else self.dominant_color or self.pad_color

    @property
    def can_be_fetched_again(self) -> bool:
        """Given by address, and its picture could not be had so far."""
        failing = self.status == MediaStatus.PROCESSING and self.fetch_tries > 0
        return bool(self.source_url) and (failing or self.status == MediaStatus.FAILED)

    @property
    def stored_bytes(self) -> int:
        """Of the upload and of what was prepared from it: what it counts in its workspace's Storage."""
        return self.size_bytes + sum(rendition.size_bytes for rendition in self.renditions.all())

    def rendition(self, kind: RenditionKind) -> Rendition | None:
        """Free after `Pin.objects.with_parts` or a prefetch of `renditions`."""
        return next((r for r in self.renditions.all() if r.kind == kind), None)

    # While it is framed anew, what was prepared before is neither what will be published nor there for long.

    @property
    def thumbnail_url(self) -> str:
        found = self.rendition(RenditionKind.THUMBNAIL)
        return found.file.url if found and self.status == MediaStatus.READY else ""

    @property
    def overview_url(self) -> str:
        found = self.rendition(RenditionKind.OVERVIEW)
        return found.file.url if found and self.status != MediaStatus.FAILED else ""

    @property
    def prepared_url(self) -> str:
        found = self.rendition(RenditionKind.PREPARED)
        return found.file.url if found and self.status == MediaStatus.READY else ""


class RenditionKind(models.TextChoices):
    PREPARED = "prepared", "1000 × 1500"
    THUMBNAIL = "thumbnail", "Thumbnail"
    # The whole picture, small: what the composer moves the focal point on.
    OVERVIEW = "overview", "Overview"


class Rendition(models.Model):
    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=10, choices=RenditionKind)
    file = models.FileField(upload_to=rendition_path, max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["media", "kind"], name="one_rendition_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.media_id} {self.kind}"
