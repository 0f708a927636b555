"""For the account's page, which may not know Pins: which of its Pins wait, why, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.utils import timezone

from pins import operations
from pins.models import Pin, Status

if TYPE_CHECKING:
    from accounts.models import PinterestAccount, Workspace

register = template.Library()

MOST: Final = 4  # reasons shown
SLOW: Final = timedelta(minutes=1)  # after its time a Pin is out, unless nobody sends


@register.inclusion_tag("pins/schedule/_waiting.html")
def waiting_pins(account: PinterestAccount, workspace: Workspace) -> dict[str, Any]:
    """`{% waiting_pins account workspace %}`: one query."""
    pins = Pin.objects.of(workspace).filter(account=account)
    now = timezone.now()
    late = operations.late(pins, now=now, waits_for=operations.WaitsFor.NOTHING, by=SLOW)
    groups = (pins.put_off() | pins.overdue() | late.filter(status=Status.SCHEDULED)).by_reason()[:MOST]
    return {"groups": groups, "account": account, "workspace": workspace, "slow": now - SLOW}
