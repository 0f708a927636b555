"""What the operator's pages are drawn with."""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string
from django.utils.text import Truncator

from pins.models import Attempt

register = template.Library()


@register.simple_block_tag
def table(content: str, *, id: str, title: str, columns: str) -> str:
    """A titled table around its rows. Columns are parted by |, those of numbers begin with #.

    {% table id="late" title="Late Pins" columns="Pin|Account|#Late by" %}<tr>…</tr>{% endtable %}
    """
    heads = [(column.lstrip("#"), column.startswith("#")) for column in columns.split("|")]
    shown = {"id": id, "title": title, "heads": heads, "rows": content}
    return render_to_string("admin/_table.html", shown)


@register.filter
def attempt_words(attempt: Attempt) -> str:
    """`{{ attempt|attempt_words }}`: "Refused, HTTP 400, 1: No good link." """
    status = f"HTTP {attempt.http_status}" if attempt.http_status else ""
    said = ", ".join(part for part in (attempt.get_state_display(), status, attempt.code) if part)
    return f"{said}: {Truncator(attempt.message).chars(120)}" if attempt.message else said
