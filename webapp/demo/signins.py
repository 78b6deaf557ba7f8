"""The demo sign-ins: made once for an installation, kept in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from webapp.accounts.models import User
from webapp.accounts.passwords import verify
from webapp.core.text import fold
from webapp.db.session import current_session

FILE_NAME = "demo-sign-ins.txt"
# No letters or digits that are mistaken for each other when they are typed from a terminal.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class SignIn:
    """One demo person with the password made for this installation."""

    role: str
    username: str
    password: str


def make_password() -> str:
    """Return a password of about 79 bits in four groups."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def keep_sign_ins(instance_dir: Path, sign_ins: Sequence[SignIn]) -> None:
    """Write the sign-ins to `instance/demo-sign-ins.txt`, readable by its owner alone."""
    path = instance_dir / FILE_NAME
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{entry.role} {entry.username} {entry.password}\n" for entry in sign_ins)


def valid_sign_ins(instance_dir: Path) -> list[SignIn]:
    """Return the kept sign-ins that still let their person in."""
    try:
        lines = (instance_dir / FILE_NAME).read_text().splitlines()
    except OSError:
        return []
    kept = [SignIn(*parts) for line in lines if len(parts := line.split()) == 3]
    return [entry for entry in kept if _still_holds(entry)]


def _still_holds(entry: SignIn) -> bool:
    user = current_session().scalar(
        select(User).where(User.username_key == fold(entry.username), User.is_active.is_(True))
    )
    return user is not None and verify(entry.password, user.password_hash)
