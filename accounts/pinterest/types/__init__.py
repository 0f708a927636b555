"""Pinterest's words as frozen dataclasses: what goes out and what comes in. No dict travels further."""

from accounts.pinterest.types.account import TokenGrant, UserAccount
from accounts.pinterest.types.analytics import (
    READY,
    Analytics,
    Audience,
    DailyNumbers,
    Origin,
)
from accounts.pinterest.types.boards import Board, Section
from accounts.pinterest.types.keywords import Age, Gender, Interest, Region, RelatedTerms, Trend, TrendKind
from accounts.pinterest.types.media import MediaUpload, Registration
from accounts.pinterest.types.new_pins import (
    Carousel,
    ImageBase64,
    ImageUrl,
    KeyFrame,
    MediaSource,
    NewPin,
    PinChanges,
    Slide,
    SlotChanges,
    Video,
)
from accounts.pinterest.types.pins import Image, Pin, Slot
from accounts.pinterest.types.reading import Garbled, Page, instant

__all__ = [
    "READY",
    "Age",
    "Analytics",
    "Audience",
    "Board",
    "Carousel",
    "DailyNumbers",
    "Garbled",
    "Gender",
    "Image",
    "ImageBase64",
    "ImageUrl",
    "Interest",
    "KeyFrame",
    "MediaSource",
    "MediaUpload",
    "NewPin",
    "Origin",
    "Page",
    "Pin",
    "PinChanges",
    "Region",
    "Registration",
    "RelatedTerms",
    "Section",
    "Slide",
    "Slot",
    "SlotChanges",
    "TokenGrant",
    "Trend",
    "TrendKind",
    "UserAccount",
    "Video",
    "instant",
]
