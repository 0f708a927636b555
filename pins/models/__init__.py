from pins.models.attempt import Attempt, AttemptState
from pins.models.heartbeat import Heartbeat
from pins.models.library import Library
from pins.models.live_change import LiveChange, LiveKind, LiveState
from pins.models.media import Fit, Media, MediaKind, MediaStatus, Rendition, RenditionKind
from pins.models.metric import DailyMetric, LifetimeMetric
from pins.models.notification import Level, Notification, NotificationKind, Receipt
from pins.models.pin import TRANSITIONS, Origin, Pin, PinKind, PinMedia, Status
from pins.models.storage import Storage

__all__ = [
    "TRANSITIONS",
    "Attempt",
    "AttemptState",
    "DailyMetric",
    "Fit",
    "Heartbeat",
    "Level",
    "Library",
    "LifetimeMetric",
    "LiveChange",
    "LiveKind",
    "LiveState",
    "Media",
    "MediaKind",
    "MediaStatus",
    "Notification",
    "NotificationKind",
    "Origin",
    "Pin",
    "PinKind",
    "PinMedia",
    "Receipt",
    "Rendition",
    "RenditionKind",
    "Status",
    "Storage",
]
