"""How values are written on the wire: ids, instants, text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from accounts import clock
from accounts.pinterest.addresses import pin_address, pin_id_in
from accounts.rest.errors import NOT_AVAILABLE_YET, ApiError

Kind: TypeAlias = Literal["acc", "brd", "sec", "med", "pin", "att"]

_NOUNS: Final[dict[str, str]] = {
    "acc": "account",
    "brd": "board",
    "sec": "section",
    "med": "media",
    "pin": "Pin",
    "att": "attempt",
}
_BIGGEST: Final = 2**63 - 1  # a BIGINT's
_ID: Final = re.compile(r"([a-z]{3})_([1-9][0-9]{0,18})")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"
    r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,12})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
LONGEST_INSTANT: Final = 40  # characters
YEARS: Final = range(1970, 2101)  # that filters may name: nothing of ours is older, or planned for later
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A plus that nobody escaped reaches us as a blank.
_LOST_PLUS: Final = re.compile(r"([T ].*) (?=[0-9]{2}:?[0-9]{2}$)")


class Strict(BaseModel):
    """A body: what it may hold, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Reason(BaseModel):
    code: str
    message: str


def reason_or_none(code: str, message: str) -> Reason | None:
    return Reason(code=code, message=message) if code or message else None


# Ids -----------------------------------------------------------------------------------------------------


def written(kind: Kind, pk: int) -> str:
    return f"{kind}_{pk}"


def written_or_none(kind: Kind, pk: int | None) -> str | None:
    return None if pk is None else written(kind, pk)


def read_id(kind: Kind, text: object) -> int | None:
    match = _ID.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[1] != kind or int(match[2]) > _BIGGEST:
        return None
    return int(match[2])


def in_path(kind: Kind, text: str) -> int:
    """The row's number, or 404."""
    pk = read_id(kind, text)
    if pk is None:
        raise ApiError.not_found()
    return pk


def unknown(kind: Kind) -> str:
    return f"There is no such {_NOUNS[kind]} in this workspace."


def _in_body(kind: Kind, value: object) -> int:
    pk = read_id(kind, value)
    if pk is None:
        raise PydanticCustomError("unknown_id", "{message}", {"message": unknown(kind)})
    return pk


def _id_schema(kind: Kind) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [written(kind, 12)]})


AccountId = Annotated[int, PlainValidator(partial(_in_body, "acc")), _id_schema("acc")]
BoardId = Annotated[int, PlainValidator(partial(_in_body, "brd")), _id_schema("brd")]
SectionId = Annotated[int, PlainValidator(partial(_in_body, "sec")), _id_schema("sec")]
MediaId = Annotated[int, PlainValidator(partial(_in_body, "med")), _id_schema("med")]


# Text ----------------------------------------------------------------------------------------------------


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "This text has a NUL character, which can’t be stored.")
    return text


Text = Annotated[str, AfterValidator(_storable)]


# Pins on Pinterest ---------------------------------------------------------------------------------------


def _pin_on_pinterest(value: object) -> str:
    found = pin_id_in(value) if isinstance(value, str) else ""
    if not found:
        raise PydanticCustomError(
            "pin_address",
            "This is no Pin’s number or address on Pinterest, such as https://www.pinterest.com/pin/1234567890/",
        )
    return found


PinOnPinterest = Annotated[
    str,
    PlainValidator(_pin_on_pinterest),
    WithJsonSchema({"type": "string", "examples": ["1234567890", pin_address("1234567890")]}),
]


# Time ----------------------------------------------------------------------------------------------------


def instant(value: object) -> datetime:
    """ISO 8601 with a zone, in UTC. What is finer than a microsecond is cut."""
    text = value.strip().upper() if isinstance(value, str) else ""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise PydanticCustomError("instant", "Write an instant with its zone, such as 2030-01-31T09:30:00Z.")
    if not match[3]:
        raise PydanticCustomError("no_zone", "Add the time zone: Z, or an offset such as +02:00.")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("instant", "There is no such date or time.") from None


def _publish_at(value: object) -> datetime:
    if value == "now":
        return clock.now()
    if value == "next_slot":
        raise PydanticCustomError(
            NOT_AVAILABLE_YET, "“next_slot” is not available yet. Send an instant, or “now”."
        )
    return instant(value)


def _instant_in_query(value: object) -> datetime:
    if isinstance(value, str) and len(value) <= LONGEST_INSTANT:  # the pattern is slow on long texts
        value = _LOST_PLUS.sub(r"\1+", value)
    found = instant(value)
    _refuse_far(found)
    return found


def _refuse_far(day: date) -> None:
    if day.year not in YEARS:
        raise PydanticCustomError("far", "Use a date from 1970 to 2100, or leave this out for no bound.")


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("day", "Write a UTC date, such as 2030-01-31.")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day", "There is no such date.") from None
    _refuse_far(found)
    return found


_INSTANT_SCHEMA: Final[dict[str, Any]] = {"type": "string", "format": "date-time"}

PublishAt = Annotated[
    datetime,
    PlainValidator(_publish_at),
    WithJsonSchema({"anyOf": [_INSTANT_SCHEMA, {"type": "string", "enum": ["now", "next_slot"]}]}),
]
QueryInstant = Annotated[datetime, PlainValidator(_instant_in_query), WithJsonSchema(_INSTANT_SCHEMA)]
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
