"""The forms of a person's own pages, of the staff's and of invitations; the rules for values are the services'."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput

from webapp.accounts.models import ROLE_MEMBER, ROLE_STAFF
from webapp.accounts.values import COLUMNS, Preferences, ProfileValues, in_order
from webapp.accounts.zones import find_zone, suggest_zone
from webapp.core.errors import FieldError
from webapp.web.forms import Form, raise_first

THEME_CHOICES = [
    SelectChoice("system", "As on this device"),
    SelectChoice("light", "Light"),
    SelectChoice("dark", "Dark"),
]
DENSITY_CHOICES = [SelectChoice("comfortable", "Comfortable"), SelectChoice("compact", "Compact")]
SCOPE_CHOICES = [
    SelectChoice("account", "Your account"),
    SelectChoice("mine", "Your own plugins"),
    SelectChoice("platform", "The platform's"),
    SelectChoice("all", "Everything you may read"),
]
COLUMN_CHOICES = [SelectChoice(column, column.title()) for column in COLUMNS]
ROLE_CHOICES = [
    SelectChoice(ROLE_MEMBER, "Member: reads everything, changes what is theirs"),
    SelectChoice(ROLE_STAFF, "Staff: changes everything, invites people"),
]


class PasswordForm(Form):
    """The current password and, twice, the new one; the rules for a new password are the service's."""

    current_password = PasswordField("Current password", [DataRequired("Give your current password.")])
    new_password = PasswordField("New password", [DataRequired("Give a new password.")])
    new_password_again = PasswordField(
        "New password again", [DataRequired("Give the new password a second time.")]
    )

    def validate_new_password_again(self, field: PasswordField) -> None:
        """Refuse a second spelling that differs from the first (WTForms calls this by its name)."""
        if field.data != self.new_password.data:
            raise ValidationError("The two new passwords differ. Type the same one twice.")


class ProfileForm(Form):
    """What a person says about themselves, and how the pages shall look and behave for them."""

    display_name = StringField("Display name", [DataRequired("Give a name.")])
    email = StringField("E-mail")
    time_zone = StringField("Time zone")
    theme = SelectField("Theme", choices=THEME_CHOICES)
    density = SelectField("Density", choices=DENSITY_CHOICES)
    single_keys = BooleanField("Single-key shortcuts")
    scope = SelectField("Plugins begin with", choices=SCOPE_CHOICES)
    columns = SelectMultipleField(
        "Columns of the plugin list", choices=COLUMN_CHOICES, option_widget=CheckboxInput()
    )
    # Which state of the profile the form was opened with.
    mark = HiddenField()

    def validate_time_zone(self, field: StringField) -> None:
        """Take any spelling of a zone that exists (WTForms calls this by its name)."""
        text = (field.data or "").strip()
        if not text or text == field.object_data:
            field.data = text
            return
        found = find_zone(text)
        if found is None:
            message = "There is no such time zone. Choose one of the list, such as Europe/Amsterdam."
            raise_first([FieldError(message, "zone", suggest_zone(text))])
        field.data = found

    @staticmethod
    def values_of(profile: ProfileValues) -> dict[str, object]:
        """Return what the fields show of a profile."""
        return dict(profile.to_dict())

    def to_values(self) -> ProfileValues:
        """Return what was typed and chosen."""
        return ProfileValues(
            self.display_name.data or "",
            self.email.data or "",
            Preferences(
                theme=self.theme.data,
                density=self.density.data,
                time_zone=self.time_zone.data or "",
                single_keys=bool(self.single_keys.data),
                scope=self.scope.data,
                columns=in_order(self.columns.data or ()),
            ),
        )


class AccountForm(Form):
    """The name of an account."""

    name = StringField("Account name", [DataRequired("Give a name.")])
    # The name that the form was opened with.
    before = HiddenField()


class InviteForm(Form):
    """Whom to invite, and as what."""

    name = StringField("Name", [DataRequired("Give a name.")])
    role = SelectField("Role", choices=ROLE_CHOICES, default=ROLE_MEMBER)


class HandOverForm(Form):
    """Who gets what somebody owns."""

    receiver = SelectField("New owner", validate_choice=False)

    def offer(self, people: Sequence[tuple[str, str]]) -> None:
        """Let the form choose among these people, by key and name."""
        self.receiver.choices = [SelectChoice(*choice) for choice in (("", "Choose a person"), *people)]


class SignInToJoinForm(Form):
    """What somebody signs in with who has a Plugdeck account, to join another one."""

    username = StringField("Username", [DataRequired("Give your username.")])
    password = PasswordField("Password", [DataRequired("Give your password.")])


class NewcomerForm(Form):
    """What somebody chooses who is new; the rules are the service's."""

    username = StringField("Username", [DataRequired("Choose a username.")])
    display_name = StringField("Display name", [DataRequired("Give a name.")])
    password = PasswordField("Password", [DataRequired("Choose a password.")])
    password_again = PasswordField("Password again", [DataRequired("Give the password a second time.")])

    def validate_password_again(self, field: PasswordField) -> None:
        """Refuse a second spelling that differs from the first (WTForms calls this by its name)."""
        if field.data != self.password.data:
            raise ValidationError("The two passwords differ. Type the same one twice.")
