"""The operator's view of people and connections. No token, sealed or hashed, is shown or loaded."""

from __future__ import annotations

from typing import Final

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import connect
from accounts.models import ApiToken, Board, BoardSection, Membership, PinterestAccount, User, Workspace
from accounts.models.pinterest_account import PinterestAccountQuerySet
from accounts.views.syncing import start_sync

TOKEN_FIELDS: Final = ("access_token", "refresh_token")

admin.site.unregister(Group)


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in its stub only
    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: Final[dict[str, type]] = {}


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    model = Membership
    extra = 0
    autocomplete_fields = ("user", "workspace")


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # generic in its stub only
    add_form = PersonCreationForm
    list_display = ("email", "name", "time_zone", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("name", "time_zone", "theme")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)
    filter_horizontal = ("user_permissions",)
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline,)


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    list_display = ("name", "slug", "time_zone", "time_zone_confirmed", "people", "created_at")
    list_filter = ("time_zone_confirmed",)
    search_fields = ("name", "slug", "members__email")
    readonly_fields = ("created_at",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        counted: QuerySet[Workspace] = super().get_queryset(request)
        return counted.annotate(people_count=Count("memberships", distinct=True))

    @admin.display(ordering="people_count")
    def people(self, workspace: Workspace) -> int:
        return int(getattr(workspace, "people_count", 0))


@admin.register(PinterestAccount)
class PinterestAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    """Only looked at: connections are made and ended on the accounts page, by whom they belong to."""

    list_display = (
        "username",
        "workspace",
        "health",
        "access_expires_at",
        "refresh_expires_at",
        "boards_synced_at",
        "api_url",
    )
    list_filter = ("health", "api_url")
    list_select_related = ("workspace",)
    search_fields = ("username", "name", "pinterest_id", "workspace__name", "workspace__slug")
    actions = ("sync_boards", "hold", "release")
    exclude = TOKEN_FIELDS

    def get_queryset(self, request: HttpRequest) -> PinterestAccountQuerySet:
        return PinterestAccount.objects.defer(*TOKEN_FIELDS).order_by("username", "pk")

    def get_readonly_fields(
        self, request: HttpRequest, obj: PinterestAccount | None = None
    ) -> tuple[str, ...]:
        return tuple(field.name for field in PinterestAccount._meta.fields if field.name not in TOKEN_FIELDS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PinterestAccount | None = None) -> bool:
        return False

    @admin.action(description="Re-sync boards")
    def sync_boards(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> None:
        now = timezone.now()
        started = sum(start_sync(account, now=now) for account in queryset)
        self.message_user(request, f"{started} of {len(queryset)} accounts are being synced.")

    @admin.action(description="Hold: stop publishing")
    def hold(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> None:
        now = timezone.now()
        words = "The operator of this PinSched has put the account on hold."
        held = sum(connect.hold(account, code="operator", message=words, now=now) for account in queryset)
        self.message_user(request, f"{held} accounts are on hold.", messages.WARNING)

    @admin.action(description="Release: go on publishing")
    def release(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> None:
        now = timezone.now()
        released = sum(connect.release(account, now=now) for account in queryset)
        self.message_user(request, f"{released} accounts publish again.")


class BoardSectionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    model = BoardSection
    extra = 0
    fields = readonly_fields = ("name", "pinterest_id", "vanished_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Board)
class BoardAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    list_display = ("name", "account", "workspace", "privacy", "pin_count", "vanished_at")
    list_filter = ("privacy", ("vanished_at", admin.EmptyFieldListFilter))
    list_select_related = ("account__workspace",)
    search_fields = ("name", "pinterest_id", "account__username", "account__workspace__name")
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

    def has_delete_permission(self, request: HttpRequest, obj: Board | None = None) -> bool:
        return False

    @admin.display(ordering="account__workspace__name")
    def workspace(self, board: Board) -> str:
        return board.account.workspace.name


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stub only
    list_display = ("name", "hint", "user", "workspace", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
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

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{revoked} tokens no longer open anything.")
