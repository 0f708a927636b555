"""Send one claimed Pin to Pinterest: `once.send` makes the call, this module knows what the call is.

A late or double delivery loses the compare-and-swap from claimed to sent, and does nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError
from django.db.models import Prefetch

from accounts.clock import now as shared_now
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import ImageBase64, NewPin
from accounts.pinterest.types import Pin as LivePin
from pins.compose import drafts
from pins.media import preparing, store
from pins.models import Attempt, AttemptState, MediaStatus, Pin, PinMedia, Rendition, RenditionKind
from pins.models.pin import WORDS
from pins.publish import once, outcome
from pins.publish.evidence import AUTH_EXPIRED, UNAVAILABLE, Evidence
from pins.publish.once import Clock, Never, NotNow, Outcome
from pins.rules import preflight, reasons

logger = logging.getLogger(__name__)

SENT_LEASE: Final = timedelta(seconds=once.DEADLINE + 5)  # after sending
TOO_EARLY: Final = timedelta(seconds=2)  # a message this early is wrong: its thread is not held for it
MEDIA_WAIT: Final = timedelta(seconds=5)  # between looks at a picture that is still being prepared
PICTURE_WAIT: Final = timedelta(minutes=2)  # at one that waits for the store, and calls when it is ready
STORE_WAIT: Final = timedelta(seconds=15)  # between tries to read a ready one
RENEWED: Final = timedelta(minutes=10)  # a second 401 within this time isn't cured by another renewal

PREPARING: Final = "The picture is still being prepared. The Pin goes out as soon as it is ready."
NO_PICTURE: Final = (
    "PinSched can’t read this Pin’s picture from its store. It tries again by itself; tell the person who "
    "runs PinSched."
)
ALREADY_OURS: Final = (
    "Pinterest answered with a Pin that belongs to another Pin here. Compare them and say whether it’s this "
    "one; nothing is sent before you do."
)


class Publication(once.Write[LivePin]):
    """A claimed attempt, and the one call that puts its Pin on Pinterest."""

    def __init__(self, attempt: Attempt) -> None:
        assert attempt.pin.account is not None  # a constraint of the table
        self.attempt, self.pin, self.account = attempt, attempt.pin, attempt.pin.account
        self.image = b""

    def get_ready(self, now: datetime) -> None:
        if found := drafts.problems(self.pin):
            raise Never(found[0].code, _said(found[0], self.pin))
        if not self.pin.is_save:
            self.image = _image(self.pin, now)

    def wait(self, client: PinterestClient, clock: Clock) -> bool:
        if _ahead(self.attempt, clock()) <= timedelta():
            return True
        hand_over = client.connect_ahead()
        try:
            while (left := _ahead(self.attempt, clock())) > timedelta():
                if left > TOO_EARLY:  # the clock was put back
                    return False
                time.sleep(left.total_seconds())
            return True
        finally:
            hand_over()

    def depart(self, now: datetime) -> bool:
        return Attempt.objects.depart(self.attempt, self.account, now=now, until=now + SENT_LEASE)

    def call(self, client: PinterestClient) -> LivePin:
        pin = self.pin
        assert pin.board is not None  # a constraint of the table
        board, section = pin.board.pinterest_id, pin.section.pinterest_id if pin.section else ""
        if pin.is_save:
            return client.save_pin(pin.parent_pinterest_id, board, section_id=section)
        words = {name: getattr(pin, name) for name in WORDS}
        image = ImageBase64("image/jpeg", self.image)
        return client.create_pin(NewPin(board_id=board, section_id=section, media=image, **words))

    def succeed(self, made: LivePin, evidence: Evidence, now: datetime) -> Outcome | None:
        facts = {"workspace": self.pin.workspace_id, "pin": self.pin.pk, "attempt": self.attempt.pk}
        try:
            won = outcome.succeed(self.attempt, made, evidence, published_at=now, now=now)
        except IntegrityError:  # whatever this is, nothing may be sent again before a person has looked
            taken = replace(evidence, code="taken", message=ALREADY_OURS)
            return Outcome.IN_DOUBT if outcome.doubt(self.attempt, made, ALREADY_OURS, taken) else None
        if not won:  # adopted already; or, should Pinterest have been too slow for all proofs, sent again
            logger.warning("publish.answered_late", extra=facts | {"pinterest": made.id})
            return None
        late = -_ahead(self.attempt, now).total_seconds()
        logger.info("pin.published", extra=facts | {"late_s": late})
        return Outcome.DONE

    def refuse(self, no: Never | pinterest.PinterestError, now: datetime) -> Outcome | None:
        if isinstance(no, Never):
            won = outcome.refuse(self.attempt, Evidence(no.code, no.message), now=now, was=outcome.UNSENT)
        else:
            shown = reasons.of_refusal(no, _place(self.pin))
            won = outcome.refuse(self.attempt, Evidence.of(no), now=now, shown=shown)
        return Outcome.REFUSED if won else None

    def lose(self, evidence: Evidence, now: datetime) -> Outcome | None:
        return Outcome.IN_DOUBT if outcome.lose(self.attempt, evidence, now=now) else None

    def put_off(
        self, evidence: Evidence, now: datetime, *, until: datetime, sent: bool, shown: str = ""
    ) -> Outcome | None:
        was = outcome.ANSWERED if sent else outcome.UNSENT
        won = outcome.defer(self.attempt, evidence, now=now, until=until, shown=shown, was=was)
        return Outcome.PUT_OFF if won else None

    def delayed(self, error: pinterest.PinterestError) -> str:
        return reasons.of_delay(error)

    def tries(self) -> int:
        """What waited for something else doesn't count."""
        in_vain = Attempt.objects.filter(pin=self.pin, state=AttemptState.DEFERRED, code=UNAVAILABLE)
        return in_vain.count()

    def was_renewed(self, now: datetime) -> bool:
        earlier = self.pin.attempts.filter(code=AUTH_EXPIRED, started_at__gte=now - RENEWED)
        return earlier.exclude(pk=self.attempt.pk).exists()


def publish(attempt: Attempt, clock: Clock = shared_now) -> Outcome | None:
    """Publish the Pin of one of `claimed`. None if nothing was to do."""
    if _ahead(attempt, clock()) > TOO_EARLY:
        return None
    return once.send(Publication(attempt), clock)


def claimed(pks: Sequence[int]) -> list[Attempt]:
    """Those of these that are still claimed, with all that publishing reads, and no more."""
    found = (
        Attempt.objects.filter(pk__in=pks, state=AttemptState.CLAIMED)
        .select_related("pin__account", "pin__board", "pin__section")
        .defer(
            "suspect",
            "pin__account__workspace",
            "pin__account__name",
            "pin__account__website",
            "pin__account__boards_sync_message",
            "pin__created_by",
            "pin__board__description",
        )
        .prefetch_related(
            Prefetch("pin__media_links", PinMedia.objects.select_related("media")),
            Prefetch(
                "pin__media_links__media__renditions", Rendition.objects.filter(kind=RenditionKind.PREPARED)
            ),
        )
    )
    return list(found.order_by())


def _ahead(attempt: Attempt, now: datetime) -> timedelta:
    """How long until its time."""
    assert attempt.pin.publish_at is not None  # a constraint of the table
    return attempt.pin.publish_at - now


def _said(problem: preflight.Problem, pin: Pin) -> str:
    """Of a picture that failed, its own words say more."""
    if problem.code == "media_failed" and pin.cover and pin.cover.reason_message:
        return pin.cover.reason_message
    return problem.message


def _image(pin: Pin, now: datetime) -> bytes:
    """The prepared picture. Raises NotNow while it's being made, or made again, or the store is away."""
    cover = pin.cover
    assert cover is not None  # drafts.problems has looked
    prepared = cover.rendition(RenditionKind.PREPARED)
    if cover.status != MediaStatus.READY or prepared is None:
        code, message = cover.trouble or (cover.AWAITED, PREPARING)
        raise NotNow(code, message, MEDIA_WAIT if code == cover.AWAITED else PICTURE_WAIT)
    try:
        image = store.read(prepared.file)
    except FileNotFoundError:
        image = b""
    except OSError as away:
        store.doubt(away, workspace=pin.workspace_id, pin=pin.pk, code="media_unreadable")
        raise NotNow("media_unreadable", NO_PICTURE, STORE_WAIT) from away
    if len(image) != prepared.size_bytes:
        preparing.prepare_again(prepared, now=now)
        raise NotNow("media_processing", preparing.PREPARED_GONE, MEDIA_WAIT)
    return image


def _place(pin: Pin) -> reasons.Place:
    assert pin.board is not None  # a constraint of the table
    section = pin.section.name if pin.section else ""
    return reasons.Place(str(pin.account), pin.board.name, section, pin.is_save)
