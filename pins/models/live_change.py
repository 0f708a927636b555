"""One change of a Pin that is on Pinterest: other words, another board, or its end.

    waiting ──▶ sent ──▶ done
     │ ▲ ▲       │ └───▶ refused   Pinterest said no, or doesn’t show the Pin; stands until somebody tries
     │ │ └───────┘         │ │     again or dismisses it (back to waiting: nothing was changed there)
     │ └───────────────────┘ │
     └──▶ withdrawn ◀────────┘

Waiting means that Pinterest has nothing of it: it may still be added to or taken back. Sent means that
Pinterest may have it, until its answer or a reading of the Pin has told. The database allows one a Pin that
is waiting, sent or refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import Q

from accounts.models import PinterestAccount

if TYPE_CHECKING:
    from accounts.models import Workspace


class LiveKind(models.TextChoices):
    UPDATE = "update", "Change"
    DELETE = "delete", "Deletion"


class LiveState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Taken back"


UNDER_WAY: Final = (LiveState.WAITING, LiveState.SENT)
UNFINISHED: Final = (*UNDER_WAY, LiveState.REFUSED)
LABELS: Final = {
    "title": "Title",
    "description": "Description",
    "link": "Link",
    "alt_text": "Alt text",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of what changes, for people."""

    label: str
    old: str
    new: str


class LiveChangeQuerySet(models.QuerySet["LiveChange"]):
    def unfinished(self) -> LiveChangeQuerySet:
        return self.filter(state__in=UNFINISHED)

    def of(self, workspace: Workspace) -> LiveChangeQuerySet:
        return self.filter(pin__workspace=workspace)

    def standing(self) -> LiveChangeQuerySet:
        """What pages tell of a Pin's unfinished change, its new place included."""
        return self.unfinished().select_related("board", "section")

    def for_pins(self) -> models.Prefetch[Any, Any, Any]:
        """For `prefetch_related` of Pins: what `Pin.live_change` reads."""
        return models.Prefetch("live_changes", self.standing(), to_attr="unfinished_changes")

    def due(self, now: datetime) -> LiveChangeQuerySet:
        """To be sent, on accounts that may publish, or to be looked up, on held ones too; oldest first."""
        publishes = Q(pin__account__health="active", pin__account__known_until=None)
        may = publishes | Q(state=LiveState.SENT, pin__account__health__in=("active", "held"))
        return self.filter(may, state__in=UNDER_WAY, due_at__lte=now).order_by("due_at", "pk")

    def advance(self, pk: int, old: LiveState, new: LiveState, **changes: object) -> bool:
        """Compare-and-swap the state; True for the one caller who won."""
        return self.filter(pk=pk, state=old).update(state=new, **changes) == 1

    def depart(self, pk: int, account: PinterestAccount, *, now: datetime, until: datetime) -> bool:
        """waiting → sent, for the one caller who may call Pinterest now, while its account still publishes:
        as of an Attempt."""
        guarded = self.filter(PinterestAccount.objects.stands(account))
        sent = {"sent_at": now, "due_at": until, "code": "", "message": ""}
        return guarded.advance(pk, LiveState.WAITING, LiveState.SENT, **sent)


class LiveChange(models.Model):
    pin = models.ForeignKey("pins.Pin", on_delete=models.CASCADE, related_name="live_changes")
    kind = models.CharField(max_length=6, choices=LiveKind)
    # Only the words that change, by the Pin's own names. A board changes together with its section.
    words = models.JSONField(default=dict, blank=True)
    board = models.ForeignKey(
        "accounts.Board", null=True, blank=True, on_delete=models.RESTRICT, related_name="+"
    )
    section = models.ForeignKey(
        "accounts.BoardSection", null=True, blank=True, on_delete=models.RESTRICT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=LiveState, default=LiveState.WAITING)
    # When somebody acts next: sends a waiting one, reads the Pin to see what became of a sent one.
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="Calls that came to nothing.")
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="Pinterest's number, or our word.")
    message = models.CharField(max_length=1000, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LiveChangeQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["pin"],
                condition=Q(state__in=("waiting", "sent", "refused")),
                name="one_unfinished_change_per_pin",
            ),
        )
        indexes = (
            # execute.due: the few that are under way among all there ever were
            models.Index(
                fields=["due_at"], condition=Q(state__in=("waiting", "sent")), name="live_change_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.pin_id}: {self.state}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_in_doubt(self) -> bool:
        """For a person: Pinterest's answer was lost, and Pinterest doesn't show the Pin."""
        return self.state == LiveState.REFUSED and self.code == "unreadable"

    @property
    def next_try_at(self) -> datetime | None:
        """Set while it waits for something else than its turn."""
        return self.due_at if self.state == LiveState.WAITING and self.code else None

    @property
    def reason_code(self) -> str:
        """Why the Pin isn't yet as wanted: what stands in the way, else that it is on its way."""
        return self.code or ("deleting" if self.kind == LiveKind.DELETE else "changing")

    @property
    def reason_message(self) -> str:
        if self.message:
            return self.message
        if self.kind == LiveKind.DELETE:
            return "This Pin is being deleted from Pinterest."
        return "This Pin is being changed on Pinterest."

    @property
    def mark(self) -> str:
        """Tells one moment of it from the next, for a page that asks whether anything happened."""
        return f"{self.pk}-{self.state}-{self.code}"

    @property
    def wanted(self) -> dict[str, Any]:
        """What the Pin is to be, by its own names: only what changes."""
        place = {"board": self.board, "section": self.section} if self.board_id else {}
        return {**self.words, **place}

    @property
    def differences(self) -> list[Difference]:
        """For people, against what the Pin is now."""
        lines = [
            Difference(label, getattr(self.pin, name), self.words[name])
            for name, label in LABELS.items()
            if name in self.words
        ]
        if self.board_id:
            lines.append(
                Difference(
                    "Board", _place(self.pin.board, self.pin.section), _place(self.board, self.section)
                )
            )
        return lines


def _place(board: Any, section: Any) -> str:
    name = board.name if board else ""
    return f"{name} › {section.name}" if section else name
