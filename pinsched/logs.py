"""Logs: one JSON object a line, each with the id of the request or the task that wrote it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from celery.signals import task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse
from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")

logger = logging.getLogger("pinsched.requests")

# Asked for many times a minute by machines; a line each would drown the rest.
QUIET_PATHS = ("/healthz", "/readyz", "/metrics", "/static/", "/media/")


class IdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.task_id = task_id.get()
        return True


class JsonFormatter(BaseJsonFormatter):
    """`event` is the stable name; all that came in `extra` stands beside it."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s %(request_id)s %(task_id)s",
            rename_fields={"levelname": "level", "name": "logger", "message": "event"},
            timestamp="at",
        )


# What every record has anyway; the rest came in `extra`.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "request_id",
    "task_id",
    "taskName",
}


class PlainFormatter(logging.Formatter):
    """For a terminal: time, event, and the extras as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        extras = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in _PLAIN)
        at = self.formatTime(record, "%H:%M:%S")
        line = _on_one_line(f"{at} {record.levelname.lower():7} {record.getMessage()} {extras}")
        return (
            f"{line.rstrip()}\n{self.formatException(record.exc_info)}" if record.exc_info else line.rstrip()
        )


def _on_one_line(text: str) -> str:
    """A path may hold line ends, and codes that a terminal obeys: nobody writes lines of their own here."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _path(request: HttpRequest) -> str:
    """The path; where a key is part of it (password reset, confirmation), the pattern it matched."""
    match = request.resolver_match
    return f"/{match.route}" if match and "key" in match.kwargs else request.path


class RequestIdMiddleware:
    """Gives each request an id, answers it as X-Request-Id, and logs how the request ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reset = request_id.set(secrets.token_hex(8))
        began = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            if not request.path.startswith(QUIET_PATHS):
                ms = round((time.monotonic() - began) * 1000)
                logger.info(
                    "request.done",
                    extra={
                        "method": request.method,
                        "path": _path(request),
                        "status": response.status_code,
                        "ms": ms,
                    },
                )
            return response
        finally:
            request_id.reset(reset)


@task_prerun.connect
def remember_task(task_id: str = "", **_: object) -> None:
    globals()["task_id"].set(task_id)


@task_postrun.connect
def forget_task(**_: object) -> None:
    task_id.set("")
