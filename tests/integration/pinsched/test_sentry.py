"""Errors reach Sentry where an operator wants them there, without people, tokens or Pins in them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from pinsched.sentry import HIDDEN, scrub
from tests.support.listening import Listening
from tests.support.production import python

pytestmark = pytest.mark.processes

WRONG: Final = """
import logging, sys
import django
django.setup()
import requests, sentry_sdk
from django.conf import settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from werkzeug.test import Client
from pinsched.wsgi import application

@csrf_exempt
def publish_with_a_mistake(request, key):
    title, token = "A title for nobody's eyes", "pina_NOBODYSTOKEN"
    logging.getLogger("pins").info("pin.published", extra={"title": title, "pin": 7})
    logging.getLogger("pins").warning("Went to https://alderandoat.example/secret-sale with Bearer abc.def")
    requests.get(settings.PINTEREST_API_URL + "/pins/81/analytics", params={"access_token": token})
    logging.getLogger("django.request").error("Internal Server Error: %s", request.path)
    raise ValueError("new row violates a rule\\nDETAIL:  Failing row contains (7, " + title + ").")

settings.ROOT_URLCONF = type(sys)("doors")
settings.ROOT_URLCONF.urlpatterns = [path("reset/<str:key>/", publish_with_a_mistake)]
Client(application).post(
    "/reset/1-SECRETKEY/?code=pinc_SECRETCODE",
    base_url="http://localhost:8000",
    data={"description": "Words of a Pin"},
    headers={"Authorization": "Bearer ps_OURTOKEN", "Cookie": "sessionid=SESSIONID; csrftoken=CSRF",
             "X-Forwarded-For": "203.0.113.9", "X-CSRFToken": "CSRF"},
)
sentry_sdk.flush()
"""


def test_sentry_learns_what_broke_and_nothing_of_people_tokens_or_pins() -> None:
    with Listening() as (sentry, got), Listening() as (pinterest, calls):
        done = python(
            WRONG,
            DJANGO_SETTINGS_MODULE="pinsched.settings",
            BASE_URL="http://localhost:8000",
            PINTEREST_API_URL=f"{pinterest}/v5",
            SENTRY_DSN=sentry.replace("//", "//public@") + "/1",
        )
    assert done.returncode == 0, done.stderr
    told = b"".join(body for _, body in got).decode()
    for secret in (
        "nobody's eyes", "NOBODYSTOKEN", "secret-sale", "alderandoat", "abc.def", "SECRETKEY", "SECRETCODE",
        "OURTOKEN", "SESSIONID", "CSRF", "203.0.113.9", "Words of a Pin", "localhost:8000",
    ):  # fmt: skip
        assert secret not in told, secret
    for useful in (
        "ValueError", "new row violates a rule", "publish_with_a_mistake", "/reset/{key}/",
        "/v5/pins/81/analytics", "pin.published", HIDDEN,
    ):  # fmt: skip
        assert useful in told, useful
    assert calls


def test_nothing_is_reported_without_an_address_to_report_to() -> None:
    done = python(
        "import django; django.setup(); import sys; print('sentry_sdk' in sys.modules)",
        DJANGO_SETTINGS_MODULE="pinsched.settings",
        SENTRY_DSN="",
    )
    assert done.stdout.strip() == "False", done.stderr


def test_scrubbing_reaches_every_depth_and_spares_places_in_the_code() -> None:
    event: dict[str, Any] = {
        "user": {"id": 7, "email": "ann@example.com"},
        "request": {"method": "POST", "url": "https://pins.example.com/x", "headers": {"Cookie": "a=b"}},
        "extra": {
            "nested": [{"refresh_token": "pinr_x", "alt_text": "words"}, ("Basic dXNlcjpwYXNz",)],
            "note": "gAAAAABm0123456789abcdefghij== of ann@example.com",
            "count": 3,
        },
        "exception": {"values": [{"type": "Wrong", "stacktrace": {"frames": [{"filename": "a/title.py"}]}}]},
    }
    scrub(event, "https://api.pinterest.com")
    assert event == {
        "request": {"method": "POST"},
        "extra": {
            "nested": [{"refresh_token": HIDDEN, "alt_text": HIDDEN}, [HIDDEN]],
            "note": f"{HIDDEN} of {HIDDEN}",
            "count": 3,
        },
        "exception": {"values": [{"type": "Wrong", "stacktrace": {"frames": [{"filename": "a/title.py"}]}}]},
    }
