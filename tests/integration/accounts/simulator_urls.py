"""The URLs as simulator mode has them: settings decide that when the process starts, tests can't later."""

from __future__ import annotations

from django.urls import path

from pinsched import dev_mails
from pinsched.urls import urlpatterns as always

urlpatterns = [
    *always,
    path("simulator/mails/", dev_mails.mails, name="dev_mails"),
    path("simulator/mails/<str:name>/", dev_mails.mail, name="dev_mail"),
]
