"""The viewer: who asks, loaded once per request into a frozen dataclass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from webapp.accounts.models import ROLE_STAFF
from webapp.accounts.values import Preferences
from webapp.caching.generations import Generations
from webapp.core.locators import format_locator, parse_locator
from webapp.history.service import Actor
from webapp.web.filters import avatar_colour

PROFILE_KIND = "userprofile"


def profile_key(profile_id: int) -> str:
    """Return what stands for a profile in addresses and forms."""
    return format_locator(PROFILE_KIND, profile_id)


def parse_profile_key(key: str) -> int | None:
    """Return the id of the profile that a key stands for, or None."""
    return parse_locator(key, PROFILE_KIND)


@dataclass(frozen=True)
class Place:
    """Another account that a person may work in, by their profile there."""

    profile_id: int
    account_name: str
    account_number: str
    role: str

    @property
    def key(self) -> str:
        """Return what stands for the profile in the form that switches to it."""
        return profile_key(self.profile_id)


@dataclass(frozen=True)
class Viewer:
    """A signed-in person acting in one account, with the generations that their pages depend on."""

    user_id: int
    username: str
    display_name: str
    is_superuser: bool
    profile_id: int
    role: str
    account_id: int
    account_name: str
    account_number: str
    account_generation: int
    platform_account_id: int | None
    platform_generation: int
    installation: str
    epoch: int
    # Raised by every star that this profile gives or takes back; 0 while it never gave one.
    star_generation: int = 0
    login_session_id: int | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)
    # The other accounts that this person may switch to, by name.
    places: tuple[Place, ...] = ()
    # The view that the list begins with, and its query string; None for who has chosen none.
    default_view_id: int | None = None
    default_query: str | None = None
    origin: str = "form"
    # Why the next write is made, in the person's words; views and commands set it with `replace`.
    reason: str = ""
    # When the login session was last noted as used; None outside of a browser.
    seen_at: dt.datetime | None = field(default=None, repr=False, compare=False)
    # What Flask-Login keeps in the signed cookie; never logged.
    token: str = field(default="", repr=False)

    # Flask-Login's protocol: a viewer only exists for a live session of an active person.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return the random id that the cookie holds (Flask-Login)."""
        return self.token

    @property
    def is_staff(self) -> bool:
        """Tell whether this person manages the account they act in."""
        return self.is_superuser or self.role == ROLE_STAFF

    def works_in(self, account_number: str) -> bool:
        """Tell whether this person has an active profile in the account."""
        return account_number in {self.account_number, *(place.account_number for place in self.places)}

    @cached_property
    def settings(self) -> Preferences:
        """Return the preferences, complete with defaults."""
        return Preferences.from_stored(self.preferences)

    @property
    def role_label(self) -> str:
        """Return the role as a person reads it."""
        return role_label(self.role, is_superuser=self.is_superuser)

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        return initials(self.display_name or self.username)

    @property
    def hue(self) -> int:
        """Return the number of the avatar's colour."""
        return avatar_colour(self.username)

    @cached_property
    def generations(self) -> Generations:
        """Return the generations of the viewer's account and of the platform account."""
        accounts = {self.account_id: self.account_generation}
        if self.platform_account_id is not None:
            accounts[self.platform_account_id] = self.platform_generation
        return Generations(self.installation, self.epoch, tuple(sorted(accounts.items())))

    @property
    def actor(self) -> Actor:
        """Return who history names for this viewer's writes."""
        return Actor(self.user_id, self.display_name or self.username, self.origin, self.reason)


def role_label(role: str, *, is_superuser: bool = False) -> str:
    """Return a role as a person reads it."""
    return "Superuser" if is_superuser else "Staff" if role == ROLE_STAFF else "Member"


def initials(name: str) -> str:
    """Return one or two upper-case letters that stand for a person."""
    words = [word for word in name.replace("_", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()
