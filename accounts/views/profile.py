"""The person: name, zone, theme, devices. E-mail, password and two-factor sign-in are allauth's pages."""

from __future__ import annotations

from typing import Final, cast

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts import members
from accounts.forms import ProfileForm, ThemeForm
from accounts.models import User
from accounts.templatetags.devices import device
from accounts.views.workspace import NAV

THEME_COOKIE: Final = "theme"
A_YEAR: Final = 60 * 60 * 24 * 365  # seconds


@login_required
def profile_page(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    present = {
        "name": user.name,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "keyboard_shortcuts": user.keyboard_shortcuts,
        "trouble_mails": user.trouble_mails,
    }
    form = ProfileForm(request.POST or None, initial=present)
    if form.is_valid():
        members.change_profile(user, **form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    shown = {"nav": NAV, "form": form}
    return render(request, "accounts/profile.html", shown, status=422 if form.errors else 200)


@require_POST
@login_required
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Signs one other device out. This one is signed out by the menu."""
    mine = UserSession.objects.filter(user=cast(User, request.user))
    session = get_object_or_404(mine.exclude(session_key=request.session.session_key), pk=pk)
    session.end()
    messages.success(request, f"{device(session.user_agent)} is signed out.")
    return redirect("usersessions_list")


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """For everybody: a member's choice is kept with the member, and in a cookie for the sign-in page."""
    form = ThemeForm(request.POST)
    there = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure()):
        there = reverse("home")
    answer = redirect(there)
    if form.is_valid():
        theme = form.cleaned_data["theme"]
        if request.user.is_authenticated:
            members.change_theme(request.user, theme=theme)
        answer.set_cookie(
            THEME_COOKIE,
            theme,
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer
