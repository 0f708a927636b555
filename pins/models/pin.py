"""The Pin and its state machine.

    draft ──▶ scheduled ──▶ publishing ──▶ published
      ▲           │  ▲          │ │ └────▶ needs_review (nobody knows whether it was made)
      └───────────┘  └──────────┘ └──────▶ failed ──▶ scheduled (retry) or draft

Status moves only through `Pin.objects.move`, a compare-and-swap that checks TRANSITIONS. A Pin that waits
(for quota, for a held account, for a retry) keeps `scheduled` and carries a reason and a later `due_at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from accounts.live_images import showable
from accounts.models import Health
from accounts.pinterest.addresses import pin_address
from pins.models.indexes import OF_PINS
from pins.models.listed import WORDS as WORDS
from pins.models.listed import ListedPins
from pins.models.media import MediaStatus, Rendition, RenditionKind
from pins.rules import preflight, reasons

if TYPE_CHECKING:
    from accounts.models import PinterestAccount, Workspace
    from pins.models.live_change import LiveChange
    from pins.models.media import Media


class Status(models.TextChoices):
    DRAFT = "draft", "Draft"
    IN_APPROVAL = "in_approval", "In approval"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHING = "publishing", "Publishing"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    NEEDS_REVIEW = "needs_review", "Needs review"
    DELETED = "deleted", "Deleted"


TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.IN_APPROVAL, Status.SCHEDULED, Status.DELETED}),
    Status.IN_APPROVAL: frozenset({Status.DRAFT, Status.SCHEDULED, Status.DELETED}),
    Status.SCHEDULED: frozenset({Status.DRAFT, Status.PUBLISHING, Status.FAILED, Status.DELETED}),
    Status.PUBLISHING: frozenset({Status.SCHEDULED, Status.PUBLISHED, Status.FAILED, Status.NEEDS_REVIEW}),
    Status.PUBLISHED: frozenset({Status.DELETED}),
    Status.FAILED: frozenset({Status.SCHEDULED, Status.DRAFT, Status.DELETED}),
    Status.NEEDS_REVIEW: frozenset({Status.PUBLISHED, Status.SCHEDULED, Status.FAILED, Status.DELETED}),
    Status.DELETED: frozenset({Status.DRAFT}),
}
EDITABLE: Final = frozenset({Status.DRAFT, Status.IN_APPROVAL, Status.SCHEDULED, Status.FAILED})


class PinKind(StrEnum):
    CREATE = "create"
    SAVE = "save"


class Origin(models.TextChoices):
    COMPOSED = "composed", "Composed here"
    FOUND = "found", "Found on Pinterest"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a Pin waits or failed, for programs and for people. Empty when all is well."""

    code: str = ""
    message: str = ""


# Of a queued Pin, in queries: it waits for its account's quota, now or until a moment ago; and when somebody
# looks at it next, which is when it is due, or when there is quota.
FOR_QUOTA: Final = Q(
    status=Status.SCHEDULED, account__health=Health.ACTIVE, account__quota_until__gt=models.F("due_at")
)
TOO_OLD: Final = timedelta(hours=24)  # so late, and a person says whether it still goes out
LOOKED_AT: Final = models.Case(
    models.When(FOR_QUOTA, then=models.F("account__quota_until")), default=models.F("due_at")
)


class PinQuerySet(ListedPins["Pin"]):
    def of(self, workspace: Workspace) -> PinQuerySet:
        """What a door may see: this workspace's Pins, without deleted ones."""
        return self.filter(workspace=workspace).exclude(status=Status.DELETED)

    def with_why(self) -> PinQuerySet:
        """All that `why` and `cover` ask. No token is opened for it."""
        return (
            self.select_related("account")
            .defer("account__access_token", "account__refresh_token")
            .prefetch_related(models.Prefetch("media_links", PinMedia.objects.select_related("media")))
        )

    def with_parts(self) -> PinQuerySet:
        """All that a card or a row shows, in a constant number of queries."""
        found = self.with_why().select_related("account", "board", "section")
        return found.prefetch_related("media_links__media__renditions")

    def pictured(self, keys: Sequence[int]) -> dict[int, Pin]:
        """These by key, with what a small picture among hundreds shows, and nothing else. Two queries."""
        shown = ("title", "status", "publish_at", "due_at", "parent_pinterest_id", "live_image_url")
        pins = self.select_related("board").only(*shown, "board__name").in_bulk(keys)
        thumbnails = Rendition.objects.filter(kind=RenditionKind.THUMBNAIL, media__status=MediaStatus.READY)
        links = thumbnails.filter(media__pin_links__pin__in=keys).order_by("-media__pin_links__position")
        # The first picture comes last, and stays.
        files = dict(links.values_list("media__pin_links__pin", "file"))
        for pk, pin in pins.items():
            pin.thumbnail_url = default_storage.url(files[pk]) if pk in files else pin._live_image
        return pins

    def due(self, until: datetime) -> PinQuerySet:
        """Scheduled Pins whose turn comes by then, whether or not their account may publish."""
        return self.filter(status=Status.SCHEDULED, due_at__lte=until)

    def waiting_with(self, *codes: str, now: datetime) -> PinQuerySet:
        """Scheduled ones that wait, for one of these reasons, until later than `now`."""
        return self.filter(status=Status.SCHEDULED, reason_code__in=codes, due_at__gt=now)

    def move(self, pk: int, old: Status, new: Status, **changes: Any) -> bool:
        """Compare-and-swap the status; True for the one caller who won.

        Raises ValueError for a move that TRANSITIONS doesn't allow: that is a mistake in the code.
        """
        return self.filter(pk=pk).move_all(old, new, **changes) == 1

    def move_all(self, old: Status, new: Status, **changes: Any) -> int:
        """Compare-and-swap the status of all of these; how many were won. Raises ValueError as `move` does.

        The only place that writes a status: a test reads the source for others.
        """
        if new not in TRANSITIONS[old]:
            raise ValueError(f"A Pin can't go from {old} to {new}.")
        changes.setdefault("updated_at", models.functions.Now())
        return self.filter(status=old).update(status=new, **changes)

    def on_pinterest(self) -> PinQuerySet:
        """As far as we know."""
        return self.filter(status=Status.PUBLISHED, vanished_at=None)

    def shown_as(self, *pinterest_ids: str) -> PinQuerySet:
        """Those that are these Pins on Pinterest. Says aloud what the index is for: PostgreSQL sees that
        from short lists only."""
        return self.filter(pinterest_id__in=pinterest_ids).exclude(pinterest_id="")

    def known(self, workspace: Workspace, pinterest_id: str) -> PinQuerySet:
        """Which of a workspace’s Pins is this one on Pinterest. By its accounts: the index is theirs."""
        return self.of(workspace).filter(account__workspace=workspace).shown_as(pinterest_id)

    def needing_people(self) -> PinQuerySet:
        """Pins that wait for a person: failed, or nobody knows."""
        return self.filter(status__in=(Status.FAILED, Status.NEEDS_REVIEW))

    def overdue(self) -> PinQuerySet:
        """More than a day late after an outage: somebody says whether they still go out, and when."""
        return self.filter(status=Status.SCHEDULED, due_at=None)

    def without_picture(self) -> PinQuerySet:
        """Queued, and the picture can't be used, or could not be fetched so far."""
        failed = Q(media_links__media__status="failed")
        unfetched = Q(media_links__media__status="processing", media_links__media__fetch_tries__gt=0)
        return self.filter(failed | unfetched, status=Status.SCHEDULED)

    def needing_anybody(self) -> PinQuerySet:
        """All that waits for a person, whatever the reason."""
        return self.needing_people() | self.overdue()

    def put_off(self) -> PinQuerySet:
        """Scheduled, and waiting for something else than their own time: each has a `next_try_at`."""
        moved = Q(due_at__gt=models.F("publish_at"))
        return self.filter(moved | FOR_QUOTA, status=Status.SCHEDULED, account__health=Health.ACTIVE)

    def waiting_for(self, account: PinterestAccount) -> PinQuerySet:
        """All in the queue of an account, whatever they wait for."""
        return self.filter(account=account, status=Status.SCHEDULED)

    def by_reason(self) -> models.QuerySet[Any, Any]:
        """Not Pins: `said`, `number` and `next_try` of each reason, the most frequent first."""
        quota = models.When(FOR_QUOTA, then=models.Value(reasons.QUOTA))
        said = models.Case(quota, default=models.F("reason_message"), output_field=models.TextField())
        return (
            self.order_by()
            .annotate(said=said)
            .values("said")
            .annotate(number=models.Count("pk"), next_try=models.Min(LOOKED_AT))
            .order_by("-number", "said")
        )


class Pin(models.Model):
    # These three have their index in Meta, with the order in which their Pins are listed.
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="pins", db_index=False
    )
    account = models.ForeignKey(
        "accounts.PinterestAccount",
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="pins",
        db_index=False,
    )
    board = models.ForeignKey(
        "accounts.Board",
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="pins",
        db_index=False,
    )
    section = models.ForeignKey(
        "accounts.BoardSection", null=True, blank=True, on_delete=models.RESTRICT, related_name="pins"
    )
    # Of a save: which Pin on Pinterest, anyone's, is saved. Its words and picture are that Pin's.
    parent_pinterest_id = models.CharField(max_length=64, blank=True)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.COMPOSED)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)

    # No max_length in the database: preflight counts code points and refuses; nothing is ever cut.
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    link = models.TextField(blank=True)
    alt_text = models.TextField(blank=True)
    media: models.ManyToManyField[Media, PinMedia] = models.ManyToManyField(
        "pins.Media", through="pins.PinMedia", related_name="pins"
    )

    # When people want it; kept to the microsecond.
    publish_at = models.DateTimeField(null=True, blank=True)
    # When the dispatcher looks at it next: publish_at, or later when it must wait. A scheduled Pin without it
    # waits for a person ("overdue").
    due_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    pinterest_id = models.CharField(max_length=64, blank=True)
    # Its picture at Pinterest, or the saved Pin's, where we have none of our own.
    live_image_url = models.CharField(max_length=2048, blank=True)
    live_media_type = models.CharField(max_length=32, blank=True, help_text="In Pinterest’s words.")
    # Since when it is known not to be on Pinterest any more, though nobody deleted it here.
    vanished_at = models.DateTimeField(null=True, blank=True)
    # Why it waits or why it failed, for people. Empty when all is well.
    reason_code = models.CharField(max_length=40, blank=True)
    reason_message = models.CharField(max_length=1000, blank=True)
    # Earliest time of the next reading of its numbers; null = never measured.
    measure_at = models.DateTimeField(null=True, blank=True)

    created_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PinQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "pinterest_id"],
                condition=~Q(pinterest_id=""),
                name="one_row_per_live_pin",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | (~Q(pinterest_id="") & Q(published_at__isnull=False)),
                name="published_pin_has_pinterest_id",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(Status.SCHEDULED, Status.PUBLISHING))
                | Q(publish_at__isnull=False, board__isnull=False, account__isnull=False),
                name="scheduled_pin_has_time_and_board",
            ),
        )
        indexes = OF_PINS

    def __str__(self) -> str:
        return self.title or f"Pin {self.pk}"

    @property
    def kind(self) -> PinKind:
        return PinKind.SAVE if self.parent_pinterest_id else PinKind.CREATE

    @property
    def is_save(self) -> bool:
        return self.kind is PinKind.SAVE

    @property
    def is_on_pinterest(self) -> bool:
        """As far as we know; `on_pinterest` of a row."""
        return self.status == Status.PUBLISHED and self.vanished_at is None

    @property
    def has_vanished(self) -> bool:
        return self.status == Status.PUBLISHED and self.vanished_at is not None

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE

    @property
    def is_overdue(self) -> bool:
        """It waits for a person, who says when it goes out after all."""
        return self.status == Status.SCHEDULED and self.due_at is None

    @property
    def waits_for_account(self) -> bool:
        """Whatever its time: with this account nothing goes out until somebody acts."""
        return self.status == Status.SCHEDULED and self.account is not None and not self.account.is_active

    @property
    def next_try_at(self) -> datetime | None:
        """Set while it waits for something else than its own time, and goes out by itself."""
        looked_at = self.looked_at
        if self.status != Status.SCHEDULED or not looked_at or not self.publish_at:
            return None
        return looked_at if looked_at > self.publish_at and not self.waits_for_account else None

    @property
    def looked_at(self) -> datetime | None:
        """When the dispatcher looks at it next: when it is due, or when its account has quota."""
        return self.account.quota_until if self.waits_for_quota and self.account else self.due_at

    @property
    def waits_for_quota(self) -> bool:
        """Now or until a moment ago: FOR_QUOTA of a row."""
        if self.status != Status.SCHEDULED or self.account is None or not self.account.is_active:
            return False
        until = self.account.quota_until
        return until is not None and self.due_at is not None and until > self.due_at

    @property
    def why(self) -> Why:
        """`stated`; of a queued one else what is wrong with its picture, long before its time too. Free after
        `with_why`."""
        found = self.stated
        if found.code or self.status != Status.SCHEDULED or self.cover is None:
            return found
        return Why(*(self.cover.trouble or ()))

    @property
    def stated(self) -> Why:
        """Its account's quota, or its own reason."""
        if self.waits_for_quota:
            return Why("quota", reasons.QUOTA)
        return Why(self.reason_code, self.reason_message)

    @property
    def can_fetch_picture(self) -> bool:
        """Its picture was given by address and could not be had so far: that may be tried again."""
        return self.is_editable and self.cover is not None and self.cover.can_be_fetched_again

    @property
    def pinterest_url(self) -> str:
        return pin_address(self.pinterest_id) if self.pinterest_id else ""

    @property
    def parent_url(self) -> str:
        """Of a save: where the Pin stands that it saves."""
        return pin_address(self.parent_pinterest_id) if self.parent_pinterest_id else ""

    @property
    def web_link(self) -> str:
        """Its link, if that is one: a draft may hold `javascript:…`, which nobody shall click."""
        return self.link if preflight.is_web_address(self.link) else ""

    @property
    def heading(self) -> str:
        """What a page calls it."""
        untitled = f"Save of Pin {self.parent_pinterest_id}" if self.is_save else "Without a title"
        return self.title or untitled

    @property
    def is_unread(self) -> bool:
        """A save of a Pin that we know nothing of: Pinterest says what it says once it is saved."""
        return self.is_save and not any(getattr(self, name) for name in WORDS)

    @property
    def place(self) -> str:
        """Where it is or goes, for a card. A find may stand on a board that is not read yet."""
        if self.board is None:
            return "Board not read yet" if self.origin == Origin.FOUND else "No board yet"
        return f"{self.board.name} › {self.section.name}" if self.section else self.board.name

    @property
    def shown_at(self) -> datetime | None:
        """The one time a card shows: when it went out, else when it is to go out."""
        return self.published_at or self.publish_at

    @cached_property
    def cover(self) -> Media | None:
        """The first picture; free after `with_parts`."""
        links = sorted(self.media_links.all(), key=lambda link: link.position)
        return links[0].media if links else None

    @cached_property
    def live_change(self) -> LiveChange | None:
        """What is to change of it on Pinterest, under way or refused. Free after `LiveChange…for_pins`."""
        found = getattr(self, "unfinished_changes", None)
        return next(iter(self.live_changes.unfinished() if found is None else found), None)

    @cached_property
    def thumbnail_url(self) -> str:
        return self.cover.thumbnail_url if self.cover else self._live_image

    @property
    def image_url(self) -> str:
        return self.cover.prepared_url if self.cover else self._live_image

    @property
    def _live_image(self) -> str:
        return showable(self.live_image_url)


class PinMedia(models.Model):
    """Which picture stands where in a Pin."""

    pin = models.ForeignKey(Pin, on_delete=models.CASCADE, related_name="media_links")
    media = models.ForeignKey("pins.Media", on_delete=models.RESTRICT, related_name="pin_links")
    position = models.PositiveSmallIntegerField(default=0)

    objects: models.Manager[PinMedia] = models.Manager()

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=["pin", "position"], name="one_picture_per_place"),)

    def __str__(self) -> str:
        return f"{self.pin_id}[{self.position}]"
