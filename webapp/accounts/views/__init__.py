"""The pages of accounts: signing in, one's own profile and sessions, the people of an account, invitations."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("accounts", __name__)

# The modules add their routes to `bp`, which has to exist before they are imported.
from webapp.accounts.views import (  # noqa: E402
    drafts,
    hand_over,
    invitations,
    invite,
    password,
    people,
    profile,
    sessions,
    settings,
    signing,
    switch,
)

__all__ = [
    "bp",
    "drafts",
    "hand_over",
    "invitations",
    "invite",
    "password",
    "people",
    "profile",
    "sessions",
    "settings",
    "signing",
    "switch",
]
