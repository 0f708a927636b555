"""What the database looks Pins up by, and for whom: an index that nobody asks any more goes."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q

OF_PINS: Final = (
    # dispatch.claim asks account by account
    models.Index(
        fields=["account", "due_at", "publish_at", "id"],
        condition=Q(status="scheduled"),
        name="pin_due",
    ),
    # pull.due_accounts
    models.Index(
        fields=["measure_at"],
        condition=Q(status="published", vanished_at__isnull=True),
        name="pin_measure_due",
    ),
    # operations: what went out today
    models.Index(fields=["published_at"], condition=Q(status="published"), name="pin_published"),
    # agenda.overview: what needs somebody, the last first; operations: what waits for people
    models.Index(
        fields=["workspace", "updated_at"],
        condition=Q(status__in=("failed", "needs_review")) | Q(status="scheduled", due_at__isnull=True),
        name="pin_needing_anybody",
    ),
    # what more than a day after its time waits for a person: rare, so that finding none costs nothing
    models.Index(
        fields=["workspace", "account"],
        condition=Q(status="scheduled", due_at__isnull=True),
        name="pin_overdue",
    ),
    # the Queue: all; the month and home's days (days.firsts)
    models.Index(
        fields=["workspace", "publish_at", "id"], condition=~Q(status="deleted"), name="pin_calendar"
    ),
    # the Queue: its tabs and their numbers (agenda.standings)
    models.Index(fields=["workspace", "status", "publish_at", "id"], name="pin_queue"),
    # the Queue: of one account, of one board; made here or found
    models.Index(fields=["account", "publish_at", "id"], name="pin_of_account"),
    models.Index(fields=["board", "publish_at", "id"], name="pin_of_board"),
    models.Index(
        fields=["workspace", "origin", "publish_at", "id"],
        condition=~Q(status="deleted"),
        name="pin_by_origin",
    ),
    # GET pins: all, and of one status
    models.Index(fields=["workspace", "id"], name="pin_newest"),
    models.Index(fields=["workspace", "status", "id"], name="pin_newest_of_status"),
    # PinQuerySet.search: pin_words, which pins/migrations/_search.py makes
)
