"""Mails that are ours, not allauth's: a subject and a text from templates, with links that name BASE_URL.

A template "_message.html" beside them is sent along: the same again, with a button.
"""

from __future__ import annotations

import logging
import smtplib
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import TemplateDoesNotExist
from django.template.loader import get_template, render_to_string

logger = logging.getLogger(__name__)


def send(template: str, to: str, *, message_id: str = "", **context: Any) -> bool:
    """`template` is a path without "_subject.txt" and "_message.txt". False when the mail was not taken, or
    the address is one that no mail can be sent to.

    Two mails of one `message_id` are one in most mailboxes.
    """
    known = {"current_site": {"domain": urlsplit(settings.BASE_URL).netloc}} | context
    subject = " ".join(render_to_string(f"{template}_subject.txt", known).split())
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"{template}_message.txt", known),
        to=[to],
        headers={"Message-ID": message_id} if message_id else None,
    )
    with suppress(TemplateDoesNotExist):  # text is enough for most
        message.attach_alternative(get_template(f"{template}_message.html").render(known), "text/html")
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ValueError):  # a ValueError: of the address
        logger.exception("mail.failed", extra={"template": template})
        return False
    return True
