"""The list that every page of the admin has."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class Years(ChangeList):
    """Django's own list breaks at the last year of the calendar."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except ValueError as no:
            raise IncorrectLookupParameters(str(no)) from no

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except ValueError as no:
            raise IncorrectLookupParameters(str(no)) from no


class Listed(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Years
