"""The operator's view of people and connections. No token, sealed or hashed, is shown or loaded."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import connections, invitations, people, tokens, workspaces

__all__ = ["connections", "invitations", "people", "tokens", "workspaces"]

admin.site.unregister(Group)
