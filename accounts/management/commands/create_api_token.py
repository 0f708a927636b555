"""Prints the token alone as the last line of stdout; words go to stderr."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email, validate_slug

from accounts import api_tokens, members


class Command(BaseCommand):
    help = "Make an API token, and the person and workspace it is for when they are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--workspace", metavar="SLUG", default="", help="Default: the person's first one."
        )

    def handle(self, *args: Any, email: str, workspace: str, **options: Any) -> None:
        try:
            validate_email(email)
            if workspace:
                validate_slug(workspace)
        except ValidationError as no:
            raise CommandError(" ".join(no.messages)) from no
        membership = members.ensure_member(email, slug=workspace)
        _, plain = api_tokens.issue(membership.user, membership.workspace, name="Command line")
        self.stderr.write(
            f"Token of {membership.user.email} ({membership.role}) for the workspace "
            f"“{membership.workspace.name}” ({membership.workspace.slug}):"
        )
        self.stdout.write(plain)
