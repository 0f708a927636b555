"""Frame a picture anew: until a Pin with it is on its way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction

from pins.errors import WrongState
from pins.media import preparing
from pins.models import Media, Pin, PinMedia, Status
from pins.models.media import Framing
from pins.models.pin import EDITABLE

FRAMED_FOR_GOOD: Final = "A Pin with this image is being published or is out, so the image stays as it is."


def settled(pictures: Iterable[Media]) -> set[int]:
    """Those that a Pin shows which is on its way or out: their framing stays as it is."""
    shown = PinMedia.objects.filter(media__in=[media.pk for media in pictures])
    return set(shown.exclude(pin__status__in=(*EDITABLE, Status.DELETED)).values_list("media_id", flat=True))


def reframe(media: Media, framing: Framing, *, now: datetime) -> bool:
    """Frame it anew; True when it is to be prepared again, which the caller enqueues.

    A Pin that waits in the queue gets the new picture, however soon it is due. Raises WrongState when one
    with this picture is on its way or out.
    """
    if framing == media.framing:
        return False
    # The Pins are locked, so that none can be claimed between the look at them and the new framing.
    with transaction.atomic():
        list(Pin.objects.select_for_update().filter(pk__in=media.pins.values("pk")).order_by("pk"))
        if settled([media]):
            raise WrongState(FRAMED_FOR_GOOD)
        media.fit, media.pad_color = framing.fit, framing.pad_color
        media.focal_chosen = framing.focal is not None
        media.focal_x, media.focal_y = framing.focal or (0.5, 0.5)
        again = preparing.anew(now)
        if not media.original and not media.fetch_at:
            again["fetch_at"] = now  # it could not be had so far
        for name, value in again.items():
            setattr(media, name, value)
        media.save(update_fields=["fit", "pad_color", "focal_x", "focal_y", "focal_chosen", *again])
    return True
