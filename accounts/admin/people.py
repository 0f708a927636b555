"""People, what they belong to, and what helps them sign in again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from accounts import invitations
from accounts.admin.actions import NotDone, act
from accounts.admin.lists import Listed
from accounts.models import (
    Membership,
    User,
)

CONFIRMS: Final = "Only when you know that the address is theirs: whoever has it can reset the password."
SIGNS_OUT: Final = "All their browsers are signed out at once; what is being typed there is lost."
RESETS: Final = (
    "Their authenticator apps, passkeys and recovery codes are removed; the password alone lets them in "
    "until they set up new ones. Be sure that it is they who ask."
)


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in its stub only
    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: Final[dict[str, type]] = {}


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    """Only looked at here: the workspace's page knows whether an owner is left."""

    model = Membership
    extra = 0
    fields = readonly_fields = ("workspace", "role", "created_at")
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        found: QuerySet[Membership] = super().get_queryset(request)
        return found.select_related("workspace", "user")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(Listed, UserAdmin):  # type: ignore[type-arg]  # generic in its stub only
    """People are switched off, not deleted: they leave by themselves, and the audit log names them."""

    add_form = PersonCreationForm
    list_display = ("email", "name", "time_zone", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", ("last_login", admin.EmptyFieldListFilter))
    search_fields = ("email", "name", "memberships__workspace__slug")
    search_help_text = "Address, name, or workspace’s slug"
    date_hierarchy = "date_joined"
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("name", "time_zone", "theme", "keyboard_shortcuts", "trouble_mails")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)
    filter_horizontal = ("user_permissions",)
    inlines = (MembershipInline,)
    actions = ("confirm_addresses", "sign_out", "reset_second_factor")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed: tuple[str, ...] = ("time_zone", "last_login", "date_joined")
        if obj is not None:
            fixed += ("email",)  # allauth keeps the addresses: it is changed by its person
        if not request.user.is_superuser:
            fixed += ("is_staff", "is_superuser", "user_permissions")  # or staff could raise themselves
        return fixed

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers change those who have power: a new password is the same as being them."""
        if obj is not None and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            invitations.take_back_forsaken(obj)

    @admin.action(description="Confirm e-mail address", permissions=["change"])
    def confirm_addresses(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse | None:
        verb = partial(self._to_person, request, _confirm_address)
        return act(self, request, queryset, verb, noun="address", done="confirmed", warning=CONFIRMS)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse | None:
        verb = partial(self._to_person, request, _sign_out)
        return act(self, request, queryset, verb, noun="user", done="signed out", warning=SIGNS_OUT)

    @admin.action(description="Reset second factor", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse | None:
        verb = partial(self._to_person, request, _reset_second_factor)
        done = "freed of their second factor"
        return act(self, request, queryset, verb, noun="user", done=done, warning=RESETS)

    def _to_person(self, request: HttpRequest, verb: Callable[[User], str], user: User) -> str:
        if not self.has_change_permission(request, user):
            raise NotDone("Only a superuser changes staff.")
        return verb(user)


def _confirm_address(user: User) -> str:
    address = EmailAddress.objects.filter(user=user, email__iexact=user.email).first()
    if address is None:
        address = EmailAddress(user=user, email=user.email, primary=True)
    elif address.verified:
        raise NotDone("It was confirmed before.")
    if not address.set_verified():
        raise NotDone("Somebody else has confirmed the same address.")
    return f"Address confirmed: {address.email}."


def _sign_out(user: User) -> str:
    sessions = list(UserSession.objects.filter(user=user))
    if not sessions:
        raise NotDone("No session is known.")
    for session in sessions:
        session.end()
    return f"Signed out everywhere: sessions ended: {len(sessions)}."


def _reset_second_factor(user: User) -> str:
    found = Authenticator.objects.filter(user=user)
    kinds = ", ".join(sorted(set(found.values_list("type", flat=True))))
    if not kinds:
        raise NotDone("There is none.")
    found.delete()
    return f"Second factor reset: {kinds} removed."
