"""For the workspace's settings page, which may not know Pins: how much is kept, and how much may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from pins.media import allowance

if TYPE_CHECKING:
    from accounts.models import Workspace

register = template.Library()


@register.inclusion_tag("pins/media/_storage.html")
def storage_of(workspace: Workspace) -> dict[str, Any]:
    """`{% storage_of workspace %}`: one query."""
    return {"level": allowance.level(workspace)}
