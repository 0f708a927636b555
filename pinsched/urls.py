"""Every door of the house."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from accounts.urls import site_urlpatterns
from pins.views import home, mediafile, notifications
from pinsched import dev_mails
from pinsched.admin import house
from pinsched.api import api
from pinsched.openapi import document

urlpatterns = [
    path("", home.home, name="home"),
    path("pins/", include("pins.urls")),
    path("notifications/", notifications.inbox, name="notifications"),
    path("notifications/bell/", notifications.bell, name="notification_bell"),
    path("notifications/read/", notifications.read_all, name="read_notifications"),
    path("notifications/<int:pk>/", notifications.follow, name="notification"),
    path("notifications/<int:pk>/read/", notifications.read, name="read_notification"),
    path("media/<path:name>", mediafile.serve, name="media"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/two-factor/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("accounts.urls")),
    *site_urlpatterns,
    path("api/v1/openapi.json", document),
    path("api/v1/", api.urls),
    path("admin/", house.urls),
]

handler500 = "pinsched.unavailable.broken"

if settings.SIMULATOR:
    urlpatterns += [
        path("simulator/mails/", dev_mails.mails, name="dev_mails"),
        path("simulator/mails/<str:name>/", dev_mails.mail, name="dev_mail"),
    ]
