"""Signing up: who may, a person, their first workspace, and mails that name BASE_URL. The rest is allauth's.

With SIGNUP=invited it takes an invitation, and the address that was invited. The first user of an empty
installation needs none.
"""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from django import forms
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import invitations, mail_limits, members, zones
from accounts.models import FirstUser, Invitation, User
from accounts.signin import SignInAdapter

logger = logging.getLogger(__name__)

# Mails that allauth sends to whatever address somebody types.
ASKED_FOR: Final = frozenset(
    f"account/email/{name}"
    for name in (
        "account_already_exists",
        "email_confirmation",
        "email_confirmation_signup",
        "password_reset_key",
        "unknown_account",
    )
)
OPEN: Final = "open"  # the SIGNUP that asks for no invitation
INVITATION_KEY: Final = "invitation"  # in the session: the key of the link that was opened last


class Closed(Exception):
    """Nobody signs up here without an invitation."""


class AccountAdapter(SignInAdapter):
    """Links in mails begin with BASE_URL, whatever host the request was sent to."""

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return at_base_url(super().get_email_confirmation_url(request, emailconfirmation))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return at_base_url(super().get_reset_password_from_key_url(key))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the form is shown; saving it asks again, in its transaction."""
        return is_open() or invitation_of(request) is not None

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Not more than a mailbox bears; the page says the same in any case, as it does for strangers."""
        if template_prefix in ASKED_FOR and not mail_limits.spend_asked_for(template_prefix, email):
            logger.warning("mail.withheld", extra={"template": template_prefix})
            return
        super().send_mail(template_prefix, email, context)

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None
    ) -> Any:
        links = {name: at_base_url(url) for name, url in context.items() if name.endswith("_url") and url}
        return super().render_mail(template_prefix, email, {**context, **links}, headers)


class SignupForm(AllauthSignupForm):  # type: ignore[misc]  # allauth has no types
    workspace_name = forms.CharField(
        label="Workspace name",
        max_length=members.LONGEST_NAME,
        required=False,
        help_text="Your team or brand. You can change it later.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    # The browser's guess; the person confirms it on the home page.
    time_zone = forms.CharField(
        max_length=64, required=False, widget=forms.HiddenInput(attrs={"data-browser-tz": ""})
    )
    field_order = ("email", "password1", "workspace_name", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whoever follows an invitation joins its workspace and names none.
        self.invitation = invitation_of(context.request)
        if self.invitation:
            self.fields["workspace_name"].widget = forms.HiddenInput()

    def clean_email(self) -> str:
        email: str = super().clean_email()
        invited = self.invitation
        if invited and invited.email != email.lower() and not is_open():
            raise forms.ValidationError(f"The invitation is for {invited.email}. Sign up with that address.")
        return email

    def clean_time_zone(self) -> str:
        return zones.known(self.cleaned_data["time_zone"])

    def clean_workspace_name(self) -> str:
        return str(self.cleaned_data["workspace_name"]).strip()

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        try:
            answer: tuple[User | None, HttpResponse | None] = super().try_save(request)
        except IntegrityError:
            # The same address signed up between our look and our INSERT: answer as if it had been there.
            self.account_already_exists = True
            answer = super().try_save(request)
        except invitations.Gone:
            answer = None, render(request, "accounts/invitation_gone.html", status=404)
        except Closed:
            answer = None, render(request, "account/signup_closed.html", status=403)
        return answer

    def save(self, request: HttpRequest) -> User:
        invitation = self._invitation_of_this_address()
        if invitation:
            # The link was in a mail to this very address: that is the proof a second mail would ask for.
            AccountAdapter(request).stash_verified_email(request, invitation.email)
        # Person, e-mail address and workspace, or nothing: half a sign-up could not be repeated.
        with transaction.atomic():
            user: User = super().save(request)
            user.time_zone = self.cleaned_data["time_zone"]
            user.save(update_fields=["time_zone"])
            self._open_workspace(user, invitation)
        return user

    def _invitation_of_this_address(self) -> Invitation | None:
        typed = str(self.cleaned_data["email"]).lower()
        return self.invitation if self.invitation and self.invitation.email == typed else None

    def _open_workspace(self, user: User, invitation: Invitation | None) -> None:
        if invitation:
            invitations.accept(invitation, user, now=timezone.now())
            return
        if settings.SIGNUP != OPEN and not FirstUser.objects.take(user):
            raise Closed
        name = self.cleaned_data["workspace_name"] or members.default_name(user)
        members.create_workspace(user, name=name, time_zone=user.time_zone)


def is_open() -> bool:
    """Without an invitation: to everybody, or to the first user."""
    return settings.SIGNUP == OPEN or not User.objects.exists()


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The live one whose link this browser opened last."""
    return invitations.find(request.session.get(INVITATION_KEY, ""), now=timezone.now())


def at_base_url(url: str) -> str:
    parts = urlsplit(url)
    return f"{settings.BASE_URL}{parts._replace(scheme='', netloc='').geturl()}"
