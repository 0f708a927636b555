"""Pictures that Pinterest serves: our CSP lets pages load them from one host only."""

from __future__ import annotations

from django.conf import settings


def showable(url: str) -> str:
    """The picture's address, or "" where a browser would be kept from loading it."""
    return url if url.startswith(f"{settings.LIVE_IMAGE_ORIGIN}/") else ""
