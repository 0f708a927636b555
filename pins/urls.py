"""Addresses of the Pins' pages, under /pins/."""

from __future__ import annotations

from django.urls import path

from pins.views import calendar, composer, detail, export, live, queue, saving

app_name = "pins"

urlpatterns = [
    path("", queue.queue, name="list"),
    path("calendar/", calendar.month, name="calendar"),
    path("calendar/<int:year>/<int:month>/", calendar.month, name="calendar_month"),
    path("compose/", composer.compose, name="compose"),
    path("compose/upload/", composer.upload, name="upload"),
    path("compose/autosave/", composer.autosave, name="autosave"),
    path("compose/picture/<int:pk>/", composer.picture, name="picture"),
    path("compose/picture/<int:pk>/again/", composer.fetch_again, name="fetch_again"),
    path("save/", saving.new, name="save"),
    path("export/", export.archive, name="export"),
    path("<int:pk>/", detail.detail, name="detail"),
    path("<int:pk>/changed/", detail.changed, name="changed"),
    path("<int:pk>/publish-now/", detail.publish_now, name="publish_now"),
    path("<int:pk>/reschedule/", detail.reschedule, name="reschedule"),
    path("<int:pk>/unschedule/", detail.unschedule, name="unschedule"),
    path("<int:pk>/retry/", detail.retry, name="retry"),
    path("<int:pk>/link/", detail.link, name="link"),
    path("<int:pk>/post-again/", detail.post_again, name="post_again"),
    path("<int:pk>/delete/", detail.delete, name="delete"),
    path("<int:pk>/restore/", detail.restore, name="restore"),
    path("<int:pk>/save/", saving.edit, name="edit_save"),
    path("<int:pk>/live/", live.edit, name="edit_live"),
    path("<int:pk>/live/delete/", live.delete, name="delete_live"),
    path("live/<int:pk>/withdraw/", live.withdraw, name="withdraw_live"),
    path("live/<int:pk>/retry/", live.retry, name="retry_live"),
]
