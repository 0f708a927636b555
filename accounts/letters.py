"""Mails that are ours, not allauth's: a subject and a text from templates, with links that name BASE_URL."""

from __future__ import annotations

import logging
import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(template: str, to: str, **context: Any) -> bool:
    """`template` is a path without "_subject.txt" and "_message.txt". False when the mail was not taken."""
    known = {"current_site": {"domain": urlsplit(settings.BASE_URL).netloc}} | context
    subject = " ".join(render_to_string(f"{template}_subject.txt", known).split())
    message = EmailMessage(subject, render_to_string(f"{template}_message.txt", known), to=[to])
    try:
        message.send()
    except (OSError, smtplib.SMTPException):
        logger.exception("mail.failed", extra={"template": template})
        return False
    return True
