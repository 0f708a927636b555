"""Who is in the workspace: the list, roles, removing, leaving; and inviting, which begins there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import invitations, members, second_factor
from accounts.access import WorkspaceRequest, requires
from accounts.forms import InvitationForm, RoleForm
from accounts.models import Membership, Role
from accounts.views.workspace import NAV


@dataclass(frozen=True, slots=True)
class Row:
    """One member as the reader sees them: `form` and `removable` only where the reader may; `kept_out` who
    lacks the second factor that the workspace asks for."""

    member: Membership
    form: RoleForm | None
    removable: bool
    kept_out: bool


@requires(Role.VIEWER, to_post=Role.ADMIN)
def member_list(request: WorkspaceRequest) -> HttpResponse:
    """GET shows the people; POST invites one more."""
    given = members.roles_given_by(request.membership)
    form = InvitationForm(request.POST or None, given=given, initial={"role": Role.EDITOR})
    if form.is_valid():
        try:
            invited = invitations.invite(
                request.workspace, **form.cleaned_data, by=request.membership, now=timezone.now()
            )
        except members.MayNot as no:
            form.add_error("email", no.message)
        else:
            messages.success(request, f"An invitation is on its way to {invited.email}.")
            return redirect("accounts:members")
    return _page(request, form)


@require_POST
@requires(Role.ADMIN)
def change_role(request: WorkspaceRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(request.workspace.memberships.select_related("user"), pk=pk)
    form = _role_form(request, member, bound=True)
    if form.is_valid():
        try:
            members.change_role(member, role=form.cleaned_data["role"], by=request.membership)
        except members.MayNot as no:
            form.add_error("role", no.message)
        else:
            name, role = member.user.get_full_name(), member.get_role_display().lower()
            messages.success(request, f"{name} is {role} now.")
            return redirect("accounts:members")
    return _page(request, changed=(member.pk, form))


@requires(Role.ADMIN)
def remove(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asks first: the dialog on the page sends confirmed=1, without scripts this page does."""
    member = get_object_or_404(request.workspace.memberships.select_related("user"), pk=pk)
    if request.method != "POST" or request.POST.get("confirmed") != "1":
        return render(request, "accounts/remove_member.html", {"nav": NAV, "member": member})
    try:
        members.remove(member, by=request.membership, now=timezone.now())
    except members.MayNot as no:
        messages.error(request, no.message)
    else:
        messages.success(request, f"{member.user.get_full_name()} is no longer in this workspace.")
    return redirect("accounts:members")


@requires(Role.VIEWER)
def leave(request: WorkspaceRequest) -> HttpResponse:
    if request.method != "POST" or request.POST.get("confirmed") != "1":
        return render(request, "accounts/leave.html", {"nav": NAV})
    try:
        members.leave(request.membership, now=timezone.now())
    except members.MayNot as no:
        messages.error(request, no.message)
        return redirect("accounts:members")
    messages.success(request, f"You have left “{request.workspace.name}”.")
    return redirect("home")


def _page(
    request: WorkspaceRequest,
    form: InvitationForm | None = None,
    changed: tuple[int, RoleForm] | None = None,
) -> HttpResponse:
    given = members.roles_given_by(request.membership)
    shown = {
        "nav": NAV,
        "form": form or InvitationForm(given=given, initial={"role": Role.EDITOR}),
        "rows": list(_rows(request, dict([changed] if changed else []))),
        "invitations": request.workspace.invitations.open()
        .with_vouched()
        .select_related("invited_by")
        .order_by("-pk"),
        "now": timezone.now(),
    }
    failed = bool(changed or (form and form.errors))
    return render(request, "accounts/members.html", shown, status=422 if failed else 200)


def _rows(request: WorkspaceRequest, changed: dict[int, RoleForm]) -> Iterator[Row]:
    me, demanded = request.membership, request.workspace.requires_second_factor
    safe = second_factor.owners_of_one(request.workspace) if demanded else set[int]()
    for member in request.workspace.memberships.select_related("user").order_by("pk"):
        mine_to_change = me.may(Role.ADMIN) and (member.rank is None or me.may(member.rank))
        form = changed.get(member.pk) or _role_form(request, member) if mine_to_change else None
        kept_out = demanded and member.user_id not in safe
        yield Row(member, form, removable=mine_to_change and member.pk != me.pk, kept_out=kept_out)


def _role_form(request: WorkspaceRequest, member: Membership, *, bound: bool = False) -> RoleForm:
    return RoleForm(
        request.POST if bound else None,
        given=members.roles_given_by(request.membership),
        initial={"role": member.role},
        auto_id=f"member_{member.pk}_%s",
    )
