"""For the account's page, which may not know Pins: which of its Pins wait, why, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import template

from pins.models import Pin

if TYPE_CHECKING:
    from accounts.models import PinterestAccount, Workspace

register = template.Library()

MOST: Final = 4  # reasons shown


@register.inclusion_tag("pins/_waiting.html")
def waiting_pins(account: PinterestAccount, workspace: Workspace) -> dict[str, Any]:
    """`{% waiting_pins account workspace %}`: one query."""
    pins = Pin.objects.of(workspace).filter(account=account)
    groups = (pins.put_off() | pins.overdue()).by_reason()[:MOST]
    return {"groups": groups, "account": account, "workspace": workspace}
