"""What people type about workspaces, boards and themselves. Forms only check; verbs act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator

from accounts import unseen, zones
from accounts.health import AccountUnusable
from accounts.members import LONGEST_NAME
from accounts.models import PinterestAccount, Role
from accounts.models.user import Theme
from accounts.pinterest import errors

LONGEST_SECTION: Final = 180  # Pinterest's limit for a section; for a board it names none
LOST: Final = (
    "Pinterest’s answer was lost, so it may have been made. Look at the boards before you try again."
)


class NameField(forms.CharField):
    """Words as they are read: what nobody sees is taken out of them, or named if that would change them."""

    def to_python(self, value: Any) -> str:
        text = unseen.without(super().to_python(value) or "")
        if (at := unseen.turning(text)) >= 0:
            where = unseen.place(text, at)
            message = f"This has {unseen.named(text[at])} {where}, which turns letters around. Remove it."
            raise forms.ValidationError(message, code="unseen_character")
        return text


class ZoneField(forms.ChoiceField):
    """A zone from the list. Old spellings, and zones that are not offered, are taken too if they exist."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label="Time zone", choices=_zone_choices, **kwargs)

    def valid_value(self, value: Any) -> bool:
        return zones.exists(str(value))

    def clean(self, value: Any) -> str:
        return zones.known(super().clean(value))


def _zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zones.offered()]


class WithZone(forms.Form):
    """Shows the present zone by its name of today, even if it is none of those offered; a lost one is asked
    for: nobody is moved to another zone by saving their name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = str(self.initial["time_zone"])
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        if not zones.exists(present):
            self.initial["time_zone"] = ""
            field.choices = [("", "Choose a time zone"), *_zone_choices()]
            return
        self.initial["time_zone"] = name = zones.known(present)
        if name not in zones.offered():
            field.choices = [(name, name), *_zone_choices()]


class WorkspaceForm(WithZone):
    name = NameField(label="Workspace name", max_length=LONGEST_NAME)
    time_zone = ZoneField(help_text="Posting times, the calendar and this page’s times are in this zone.")


class NewWorkspaceForm(forms.Form):
    name = NameField(
        label="Workspace name",
        max_length=LONGEST_NAME,
        help_text="Your team or brand. You can change it later.",
    )
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-browser-tz": ""}))


class TimeZoneForm(forms.Form):
    time_zone = ZoneField()


class ProfileForm(WithZone):
    name = NameField(label="Your name", max_length=100, required=False)
    time_zone = ZoneField(help_text="For your notifications. The calendar uses the workspace’s zone.")
    theme = forms.ChoiceField(label="Theme", choices=Theme.choices, widget=forms.RadioSelect)
    keyboard_shortcuts = forms.BooleanField(
        label="Keyboard shortcuts",
        required=False,
        help_text="Single keys, such as c for a new Pin. Off, speech input can press none by accident.",
    )
    trouble_mails = forms.BooleanField(
        label="Mail me when something goes wrong",
        required=False,
        help_text="When an account stops, a Pin fails or runs late. The bell tells you in any case.",
    )


class SecondFactorForm(forms.Form):
    required = forms.BooleanField(
        label="Ask every member for a second factor",
        required=False,
        help_text="An authenticator app or a passkey. Who has none can still sign in, but reaches nothing "
        "here until they set one up, nor do their API tokens.",
    )


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme.choices)


class TokenForm(forms.Form):
    name = NameField(label="Name", max_length=80, help_text="Where it is used, to tell tokens apart.")


class RoleForm(forms.Form):
    """The role of one member; `given` is what whoever fills it in may give."""

    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, given: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, role.label) for role in given]

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class InvitationForm(RoleForm):
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ("email", "role")


class TypedForm(forms.Form):
    """For what can't be undone: the name is typed again."""

    typed = forms.CharField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"])
        if unseen.without(typed).casefold() != unseen.without(self.expected).casefold():
            raise forms.ValidationError(f"Type {self.expected} to go on.")
        return typed


class BoardForm(forms.Form):
    name = NameField(label="Name", max_length=LONGEST_SECTION)
    description = NameField(
        label="Description", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    privacy = forms.ChoiceField(
        label="Who can see it",
        choices=[("PUBLIC", "Everybody"), ("SECRET", "Only you and collaborators (secret)")],
        initial="PUBLIC",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, account: PinterestAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_privacy(self) -> str:
        privacy = str(self.cleaned_data["privacy"])
        if privacy == "SECRET" and not self.account.grants("boards:write_secret"):
            raise forms.ValidationError(
                f"@{self.account.username} was connected without permission for secret boards. Reconnect it."
            )
        return privacy


class AdAccountForm(forms.Form):
    ad_account_id = forms.CharField(
        label="Act for ad account",
        max_length=18,
        required=False,
        validators=[RegexValidator(r"\A[0-9]+\Z", "An ad account’s id is digits only.")],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="The id from Pinterest’s Ads Manager. Empty: the account acts for itself.",
    )


class CatchUpForm(forms.Form):
    catch_up_minutes = forms.IntegerField(
        label="Minutes between overdue Pins",
        min_value=1,
        max_value=240,
        help_text="1 to 240. The first goes at once, oldest first.",
    )


class SectionForm(forms.Form):
    name = NameField(label="Name", max_length=LONGEST_SECTION)


def show_refusal(form: forms.Form, no: errors.PinterestError | AccountUnusable) -> None:
    """Put what Pinterest said where it belongs: at the field it speaks of, else above the form."""
    if isinstance(no, errors.OutcomeUnknown):
        form.add_error(None, LOST)
    elif isinstance(no, errors.Refused):
        form.add_error(no.field if no.field in form.fields else None, f"Pinterest refused this: {no.message}")
    elif isinstance(no, AccountUnusable):
        form.add_error(None, no.message)
    else:
        form.add_error(None, no.plain)
