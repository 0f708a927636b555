"""The product's addresses, and pages that fail in each way."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from pinsched.urls import urlpatterns as ours


def not_understood(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


def not_allowed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def too_often(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("Broken on purpose.")


urlpatterns = [
    path("broken/400/", not_understood),
    path("broken/403/", not_allowed),
    path("broken/429/", too_often),
    path("broken/500/", broken),
    *ours,
]
