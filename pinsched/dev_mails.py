"""In simulator mode nothing is mailed: this page shows what would have been."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

NAME = re.compile(r"[\w.-]+\.log")
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Mail:
    name: str
    to: str
    subject: str
    sent_at: datetime
    body: str


def _read(path: Path) -> Mail:
    # Django's file backend writes one message a connection and ends it with a line of dashes.
    raw = path.read_bytes().partition(b"\n" + b"-" * 79)[0]
    message = email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)
    part = message.get_body(("plain",))
    return Mail(
        name=path.name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        body=part.get_content() if part is not None else "",
    )


def mails(request: HttpRequest) -> HttpResponse:
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    return render(request, "dev/mails.html", {"mails": [_read(file) for file in files[:SHOWN]], "nav": ""})


def mail(request: HttpRequest, name: str) -> HttpResponse:
    path = Path(settings.EMAIL_FILE_PATH) / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise Http404
    return render(request, "dev/mail.html", {"mail": _read(path), "nav": ""})
