"""The operator's view of people and connections. No token, sealed or hashed, is shown or loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from kombu.exceptions import OperationalError

from accounts import api_tokens, clock, health, invitations, tasks
from accounts.admin_actions import GiveUp, NotDone, act
from accounts.enqueue import start_sync
from accounts.models import (
    ApiToken,
    Board,
    BoardSection,
    Health,
    Invitation,
    Membership,
    PinterestAccount,
    Role,
    Stop,
    User,
    Workspace,
)
from accounts.models.invitation import InvitationQuerySet
from accounts.models.pinterest_account import PinterestAccountQuerySet

TOKEN_FIELDS: Final = ("access_token", "refresh_token")

admin.site.unregister(Group)


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in its stub only
    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: Final[dict[str, type]] = {}


CONFIRMS: Final = "Only when you know that the address is theirs: whoever has it can reset the password."
SIGNS_OUT: Final = "All their browsers are signed out at once; what is being typed there is lost."
RESETS: Final = (
    "Their authenticator apps, passkeys and recovery codes are removed; the password alone lets them in "
    "until they set up new ones. Be sure that it is they who ask."
)


class Years(ChangeList):
    """Django's own list breaks at the last year of the calendar."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except ValueError as no:
            raise IncorrectLookupParameters(str(no)) from no


class Listed(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Years


class OwnedFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # generic in its stub only
    """A workspace without an owner could never be ruled again."""

    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.is_valid()]
        if not any(row.get("role") == Role.OWNER for row in kept):
            raise ValidationError("A workspace needs an owner.")


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    model = Membership
    formset = OwnedFormSet
    extra = 0
    autocomplete_fields = ("user",)
    can_delete = False  # whoever is removed on the members page loses their API tokens too


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


@admin.register(Workspace)
class WorkspaceAdmin(Listed):
    """Its owner deletes it, on its settings page: what publishes must be stopped first."""

    list_display = (
        "name",
        "slug",
        "time_zone",
        "time_zone_confirmed",
        "people",
        "requires_second_factor",
        "created_at",
        "support",
    )
    list_filter = (
        "time_zone_confirmed",
        "requires_second_factor",
        ("accounts__health", admin.ChoicesFieldListFilter),
    )
    search_fields = ("name", "slug", "members__email", "accounts__username")
    search_help_text = "Name, slug, a member’s address, or an account"
    date_hierarchy = "created_at"
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        counted: QuerySet[Workspace] = super().get_queryset(request)
        return counted.annotate(people_count=Count("memberships", distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Workspace | None = None) -> tuple[str, ...]:
        """The slug stays, links hold it; the zone is confirmed by who lives in it."""
        fixed = ("time_zone", "time_zone_confirmed", "created_at", "support")
        return fixed if obj is None else ("slug", *fixed)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return False

    @admin.display(ordering="people_count")
    def people(self, workspace: Workspace) -> int:
        return int(getattr(workspace, "people_count", 0))

    @admin.display(description="support")
    def support(self, workspace: Workspace) -> str:
        if workspace._state.adding:
            return ""
        return format_html('<a href="{}">Look inside</a>', reverse("admin:support", args=[workspace.pk]))


class TokensFilter(admin.SimpleListFilter):
    title = "tokens"
    parameter_name = "tokens"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("ending", "Ending soon, or ended"), ("renewing", "Being renewed now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not isinstance(queryset, PinterestAccountQuerySet):
            return queryset
        match self.value():
            case "ending":
                return queryset.tokens_ending(timezone.now())
            case "renewing":
                return queryset.filter(refreshing_until__gt=timezone.now())
            case _:
                return queryset


RELEASES: Final = (
    "Its Pins whose time is over go out at once. If Pinterest’s reason for the hold still stands, Pinterest "
    "will refuse them, and may do worse."
)
RENEWS: Final = (
    "Pinterest hands out new tokens and ends the old ones. Should it say no, the account must be connected "
    "again by its people before anything more is published."
)
REVOKES: Final = "Scripts that use it are shut out at once; it can’t be given back."
REASON_SHOWN: Final = 80  # characters in a list; the account's page has all


@admin.register(PinterestAccount)
class PinterestAccountAdmin(Listed):
    """Only looked at: connections are made and ended on the accounts page, by whom they belong to."""

    list_display = (
        "username",
        "workspace",
        "health",
        "reason",
        "health_changed_at",
        "access_expires_at",
        "refresh_expires_at",
        "boards_synced_at",
        "boards_sync_message",
    )
    list_filter = ("health", "health_code", TokensFilter, "kind", "api_url")
    list_select_related = ("workspace",)
    search_fields = ("username", "name", "=pinterest_id", "workspace__name", "workspace__slug")
    search_help_text = "Username, name, Pinterest’s id, or workspace"
    date_hierarchy = "connected_at"
    list_per_page = 50
    actions = ("hold", "release", "sync_boards", "renew")
    exclude = TOKEN_FIELDS

    def get_queryset(self, request: HttpRequest) -> PinterestAccountQuerySet:
        return PinterestAccount.objects.defer(*TOKEN_FIELDS).order_by("username", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PinterestAccount | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """For actions: they ask the verbs, which know what may be done."""
        return request.user.has_perm("accounts.change_pinterestaccount")

    def has_delete_permission(self, request: HttpRequest, obj: PinterestAccount | None = None) -> bool:
        return False

    @admin.display(ordering="health_code")
    def reason(self, account: PinterestAccount) -> str:
        return Truncator(account.health_message or account.health_code).chars(REASON_SHOWN)

    @admin.action(description="Hold: stop publishing", permissions=["operate"])
    def hold(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> TemplateResponse | None:
        verb = partial(_hold, now=clock.now())
        return act(self, request, queryset, verb, noun="account", done="put on hold")

    @admin.action(description="Release: go on publishing", permissions=["operate"])
    def release(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> TemplateResponse | None:
        verb = partial(_release, now=clock.now())
        return act(self, request, queryset, verb, noun="account", done="released", warning=RELEASES)

    @admin.action(description="Re-sync boards", permissions=["operate"])
    def sync_boards(
        self, request: HttpRequest, queryset: PinterestAccountQuerySet
    ) -> TemplateResponse | None:
        verb = partial(_sync, now=clock.now())
        return act(self, request, queryset, verb, noun="account", done="being synced")

    @admin.action(description="Renew tokens now", permissions=["operate"])
    def renew(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> TemplateResponse | None:
        assert request.user.pk is not None  # staff
        verb = partial(_renew, asked_by=request.user.pk)
        return act(self, request, queryset, verb, noun="account", done="being renewed", warning=RENEWS)


def _hold(account: PinterestAccount, *, now: datetime) -> str:
    if not health.stop(account, why=Stop.OPERATOR, now=now):
        raise NotDone("It isn’t publishing: see its health.")
    return "Hold: publishing stopped."


def _release(account: PinterestAccount, *, now: datetime) -> str:
    why = account.health_message or "no reason given"
    if not health.release(account, now=now):
        raise NotDone("It isn’t on hold.")
    return f"Release: publishes again. It was held: {why}"


def _sync(account: PinterestAccount, *, now: datetime) -> str:
    if not start_sync(account, now=now):
        raise GiveUp("The task queue can’t be reached.")
    return "Re-sync of the boards asked for."


def _renew(account: PinterestAccount, *, asked_by: int) -> str:
    """Asks the workers: nothing here waits for Pinterest. What came of it they write in the audit log."""
    if account.health not in (Health.ACTIVE, Health.HELD):
        raise NotDone("Its people must connect it again.")
    if account.api_url != settings.PINTEREST_API_URL:
        raise NotDone(f"It was connected at {account.api_url}.")
    try:
        tasks.renew_tokens.apply_async((account.pk, account.token_version, asked_by), retry=False)
    except OperationalError as away:
        raise GiveUp("The task queue can’t be reached.") from away
    return "Renewal of the tokens asked for."


class BoardSectionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    model = BoardSection
    extra = 0
    fields = readonly_fields = ("name", "pinterest_id", "vanished_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Board)
class BoardAdmin(Listed):
    list_display = ("name", "account", "workspace", "privacy", "pin_count", "vanished_at")
    list_filter = ("privacy", ("vanished_at", admin.EmptyFieldListFilter))
    list_select_related = ("account__workspace",)
    search_fields = ("name", "=pinterest_id", "account__username", "account__workspace__name")
    show_full_result_count = False
    list_per_page = 50
    fields = readonly_fields = (
        "account",
        "name",
        "description",
        "privacy",
        "pin_count",
        "pinterest_id",
        "vanished_at",
    )
    inlines = (BoardSectionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Board | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Board | None = None) -> bool:
        return False

    @admin.display(ordering="account__workspace__name")
    def workspace(self, board: Board) -> str:
        return board.account.workspace.name


@admin.register(ApiToken)
class ApiTokenAdmin(Listed):
    list_display = ("name", "hint", "user", "workspace", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("last_used_at", admin.EmptyFieldListFilter))
    date_hierarchy = "created_at"
    list_select_related = ("user", "workspace")
    search_fields = ("name", "hint", "user__email", "workspace__name")
    actions = ("revoke",)
    fields = readonly_fields = (
        "name",
        "hint",
        "user",
        "workspace",
        "created_at",
        "last_used_at",
        "revoked_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        found: QuerySet[ApiToken] = super().get_queryset(request)
        return found.defer("token_hash")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apitoken")

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False  # revoked ones stay, to be recognised

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> TemplateResponse | None:
        verb = partial(_revoke, now=timezone.now())
        return act(self, request, queryset, verb, noun="token", done="revoked", warning=REVOKES)


def _revoke(token: ApiToken, *, now: datetime) -> str:
    if token.revoked_at is not None:
        raise NotDone("It was revoked before.")
    api_tokens.revoke(token, now=now)
    return f"Revoked: {token.name} of {token.user}."


TAKES_BACK: Final = "The link in the mail stops working at once. They can be invited again."


class InvitationStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("live", "Open"), ("over", "Ran out"), ("accepted", "Accepted"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not isinstance(queryset, InvitationQuerySet):
            return queryset
        now = timezone.now()
        match self.value():
            case "live":
                return queryset.live(now)
            case "over":
                return queryset.open().filter(expires_at__lte=now)
            case "accepted":
                return queryset.exclude(accepted_at=None)
            case "revoked":
                return queryset.exclude(revoked_at=None)
            case _:
                return queryset


@admin.register(Invitation)
class InvitationAdmin(Listed):
    """Only looked at: people are invited on the members page. The key is in the mail and nowhere else."""

    list_display = ("email", "workspace", "role", "invited_by", "sent_at", "expires_at", "state")
    list_filter = (InvitationStateFilter, "role")
    list_select_related = ("workspace", "invited_by")
    search_fields = ("email", "workspace__name", "workspace__slug", "invited_by__email")
    search_help_text = "Address, workspace, or who invited"
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("revoke",)
    fields = readonly_fields = (
        "email",
        "workspace",
        "role",
        "state",
        "invited_by",
        "created_at",
        "sent_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )

    def get_queryset(self, request: HttpRequest) -> InvitationQuerySet:
        return Invitation.objects.with_vouched().defer("key_hash").order_by("-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """For actions: they ask the verbs, which know what may be done."""
        return request.user.has_perm("accounts.change_invitation")

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at is not None:
            return "Accepted"
        if invitation.revoked_at is not None:
            return "Revoked"
        if not getattr(invitation, "vouched", True):
            return "Dead: its sender may no longer invite"
        return "Open" if invitation.expires_at > timezone.now() else "Ran out"

    @admin.action(description="Revoke: the link stops working", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: InvitationQuerySet) -> TemplateResponse | None:
        verb = partial(_take_back, now=timezone.now())
        return act(self, request, queryset, verb, noun="invitation", done="revoked", warning=TAKES_BACK)


def _take_back(invitation: Invitation, *, now: datetime) -> str:
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise NotDone("It was accepted or revoked before.")
    invitations.revoke(invitation, now=now)
    return f"Revoked: the invitation of {invitation.email} to {invitation.workspace}."
