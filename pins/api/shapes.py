"""What a Pin and its attempts look like on the wire, going out and coming in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from accounts.api import reason_of
from accounts.rest.fields import (
    AccountId,
    BoardId,
    MediaId,
    PinOnPinterest,
    PublishAt,
    QueryInstant,
    Reason,
    SectionId,
    Strict,
    Text,
    reason_or_none,
    written,
    written_or_none,
)
from accounts.rest.pages import Window
from pins.models import Attempt, AttemptState, Pin, PinKind, Status
from pins.rules import preflight

VANISHED: Final = "This Pin is no longer on Pinterest. Its numbers are kept here."


class WarningOut(BaseModel):
    field: str
    code: str
    message: str


class PinOut(BaseModel):
    id: str
    kind: PinKind
    status: Status
    account: str | None
    board: str | None
    section: str | None
    title: str
    description: str
    link: str
    alt_text: str
    media: list[str]
    publish_at: datetime | None
    published_at: datetime | None
    pinterest_id: str | None
    pinterest_url: str | None
    reason: Reason | None
    next_try_at: datetime | None
    warnings: list[WarningOut]
    created_at: datetime

    @classmethod
    def of(cls, pin: Pin) -> PinOut:
        """Free of queries after `with_parts` and with `LiveChange.objects.for_pins`."""
        return SaveOut._of(pin, parent_pinterest_id=pin.parent_pinterest_id) if pin.is_save else cls._of(pin)

    @classmethod
    def _of(cls, pin: Pin, **more: str) -> Self:
        return cls(
            id=written("pin", pin.pk),
            kind=pin.kind,
            status=Status(pin.status),
            account=written_or_none("acc", pin.account_id),
            board=written_or_none("brd", pin.board_id),
            section=written_or_none("sec", pin.section_id),
            title=pin.title,
            description=pin.description,
            link=pin.link,
            alt_text=pin.alt_text,
            media=[written("med", link.media_id) for link in pin.media_links.all()],
            publish_at=pin.publish_at,
            published_at=pin.published_at,
            pinterest_id=pin.pinterest_id or None,
            pinterest_url=pin.pinterest_url or None,
            reason=_why(pin),
            next_try_at=pin.live_change.next_try_at if pin.live_change else pin.next_try_at,
            warnings=_warnings(pin),
            created_at=pin.created_at,
            **more,
        )


class SaveOut(PinOut):
    """A Pin of kind `save`: it has the words and the picture of the Pin that it saves."""

    parent_pinterest_id: str = Field(description="The Pin on Pinterest that is saved.")


AnyPinOut: TypeAlias = SaveOut | PinOut


class PinsOut(BaseModel):
    items: list[AnyPinOut]
    next: str | None


def _up_to(letters: int) -> FieldInfo:
    """Said in the document only: preflight refuses what is longer, in its own words."""
    found: FieldInfo = Field(json_schema_extra={"maxLength": letters})
    return found


Title = Annotated[Text, _up_to(preflight.TITLE_MAX)]
Description = Annotated[Text, _up_to(preflight.DESCRIPTION_MAX)]
Link = Annotated[Text, _up_to(preflight.LINK_MAX)]
AltText = Annotated[Text, _up_to(preflight.ALT_TEXT_MAX)]


class NewPin(Strict):
    account: AccountId
    board: BoardId
    section: SectionId | None = None
    title: Title = ""
    description: Description = ""
    link: Link = ""
    alt_text: AltText = ""
    media: Annotated[list[MediaId], Field(max_length=preflight.MEDIA_MAX)] = []
    publish_at: PublishAt | None = Field(None, description="Absent: a draft.")
    parent_pinterest_id: PinOnPinterest | None = Field(
        None,
        description="The number or address of a public Pin on Pinterest, anyone's: this Pin is a save of it, "
        "and takes over its words and its picture.",
    )


class PinChanges(Strict):
    """What is absent stays."""

    account: AccountId | None = None
    board: BoardId | None = None
    section: SectionId | None = None
    title: Title | None = None
    description: Description | None = None
    link: Link | None = None
    alt_text: AltText | None = None
    media: Annotated[list[MediaId], Field(max_length=preflight.MEDIA_MAX)] | None = None
    publish_at: PublishAt | None = Field(None, description="Null: out of the queue.")


class Schedule(Strict):
    publish_at: PublishAt


Shown: TypeAlias = Literal[
    "draft", "in_approval", "scheduled", "publishing", "published", "failed", "needs_review"
]


class PinFilters(Window):
    status: Shown | None = None
    account: AccountId | None = None
    board: BoardId | None = None
    q: Text = Field(
        "", description="Words, or how they begin, in title, description, link or alt text: all of them."
    )
    from_: QueryInstant | None = Field(None, alias="from", description="publish_at at or after.")
    to: QueryInstant | None = Field(None, description="publish_at before.")


class AttemptOut(BaseModel):
    id: str
    state: AttemptState
    started_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    http_status: int | None
    code: str | None
    message: str | None
    request_id: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptOut:
        return cls(
            id=written("att", attempt.pk),
            state=AttemptState(attempt.state),
            started_at=attempt.started_at,
            sent_at=attempt.sent_at,
            settled_at=attempt.settled_at,
            http_status=attempt.http_status,
            code=attempt.code or None,
            message=attempt.message or None,
            request_id=attempt.request_id or None,
        )


class AttemptsOut(BaseModel):
    items: list[AttemptOut]
    next: str | None


def _why(pin: Pin) -> Reason | None:
    """How a change on Pinterest stands; else its account's, while that stops everything, else its own."""
    if change := pin.live_change:
        stopped = reason_of(pin.account) if change.is_under_way and pin.account else None
        return stopped or Reason(code=change.reason_code, message=change.reason_message)
    if pin.waits_for_account and pin.account is not None and (of_account := reason_of(pin.account)):
        return of_account
    if pin.has_vanished:
        return Reason(code="gone", message=VANISHED)
    return reason_or_none(pin.why.code, pin.why.message)


def _warnings(pin: Pin) -> list[WarningOut]:
    if pin.is_save:  # its words are not ours to mend
        return []
    found = preflight.warnings(
        title=pin.title,
        description=pin.description,
        link=pin.link,
        alt_text=pin.alt_text,
        sizes=[(link.media.width, link.media.height) for link in pin.media_links.all()],
    )
    return [WarningOut(field=one.field, code=one.code, message=one.message) for one in found]
