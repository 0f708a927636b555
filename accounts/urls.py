"""Accounts, boards, tokens; and, outside the namespace, the pages that base.html names."""

from __future__ import annotations

from django.urls import path

from accounts.oauth import provider
from accounts.views import (
    accounts,
    boards,
    closing,
    invitations,
    members,
    profile,
    second_factor,
    tokens,
    workspace,
)

app_name = "accounts"

urlpatterns = [
    path("accounts/", accounts.account_list, name="list"),
    path("accounts/connect/", accounts.connect_page, name="connect"),
    path("accounts/pinterest/callback/", provider.callback, name="callback"),
    path("accounts/<int:pk>/", accounts.detail, name="detail"),
    path("accounts/<int:pk>/boards/", accounts.board_list, name="boards"),
    path("accounts/<int:pk>/boards/new/", boards.new_board, name="new_board"),
    path("accounts/<int:pk>/boards/<int:board_pk>/sections/new/", boards.new_section, name="new_section"),
    path("accounts/<int:pk>/sync/", accounts.sync, name="sync"),
    path("accounts/<int:pk>/pins/", accounts.live_pins, name="live_pins"),
    path("accounts/<int:pk>/disconnect/", accounts.disconnect, name="disconnect"),
    path("accounts/<int:pk>/ad-account/", accounts.act_for, name="act_for"),
    path("accounts/<int:pk>/catch-up/", accounts.catch_up, name="catch_up"),
    path("accounts/<int:pk>/release/", accounts.release, name="release"),
    path("workspaces/new/", workspace.new_workspace, name="new_workspace"),
    path("settings/second-factor/", second_factor.demand, name="demand_second_factor"),
    path("second-factor/", second_factor.needed, name="second_factor_needed"),
    path("settings/members/", members.member_list, name="members"),
    path("settings/members/leave/", members.leave, name="leave"),
    path("settings/members/<int:pk>/role/", members.change_role, name="change_role"),
    path("settings/members/<int:pk>/remove/", members.remove, name="remove_member"),
    path("settings/invitations/<int:pk>/resend/", invitations.send_again, name="resend_invitation"),
    path("settings/invitations/<int:pk>/revoke/", invitations.revoke, name="revoke_invitation"),
    path("settings/delete/", closing.delete_workspace, name="delete_workspace"),
    path("settings/tokens/", tokens.token_list, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
]

site_urlpatterns = [
    path("settings/", workspace.settings_page, name="settings"),
    path("settings/time-zone/", workspace.confirm_time_zone, name="confirm_time_zone"),
    path("workspaces/<slug:slug>/switch/", workspace.switch, name="switch_workspace"),
    path("invitations/<str:key>/", invitations.invitation, name="invitation"),
    path("accounts/sessions/<int:pk>/end/", profile.end_session, name="end_session"),
    path("profile/", profile.profile_page, name="profile"),
    path("profile/delete/", closing.delete_account, name="delete_account"),
    path("theme/", profile.set_theme, name="set_theme"),
]
