"""Everything PinSched knows of Pinterest's wire: no Django, no database, no rule of ours."""

from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.errors import (
    AuthExpired,
    DeadGrant,
    OutcomeUnknown,
    PinterestError,
    RateLimited,
    Refused,
    RestrictedFeature,
    Spam,
    TrialTier,
    Unavailable,
)
from accounts.pinterest.limits import Limits, Window
from accounts.pinterest.types import (
    Board,
    DailyNumbers,
    Image,
    ImageBase64,
    ImageUrl,
    NewPin,
    Page,
    Pin,
    PinAnalytics,
    Section,
    TokenGrant,
    UserAccount,
)

__all__ = [
    "AuthExpired",
    "Board",
    "CallRecord",
    "DailyNumbers",
    "DeadGrant",
    "Image",
    "ImageBase64",
    "ImageUrl",
    "Limits",
    "NewPin",
    "OutcomeUnknown",
    "Page",
    "Pin",
    "PinAnalytics",
    "PinterestClient",
    "PinterestError",
    "RateLimited",
    "Refused",
    "RestrictedFeature",
    "Section",
    "Spam",
    "TokenGrant",
    "TrialTier",
    "Unavailable",
    "UserAccount",
    "Window",
]
