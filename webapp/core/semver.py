"""Semantic versions (SemVer 2.0.0): parse, sort, suggest and raise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from webapp.core.errors import SmarterValueError

VERSION_MAX = 128
SORT_KEY_MAX = 512
"""No sort key is longer; the widest version of 128 characters needs about 320."""

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRERELEASE_PART = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<prerelease>{_PRERELEASE_PART}(?:\.{_PRERELEASE_PART})*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
PATTERN = f"^{re.sub(r'[?]P<[a-z]+>', '?:', _SEMVER.pattern)}$"
"""The same for a JSON Schema: groups without names, and the ends of the text."""
_LOOSE = re.compile(
    r"(?:v|version)?[ .]?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?\.?(?P<rest>[-+].*)?",
    re.IGNORECASE,
)

Part = Literal["major", "minor", "patch"]


@dataclass(frozen=True)
class SemVer:
    """A parsed version; `str()` gives back the text that it was parsed from."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the version as a person writes it."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += f"-{'.'.join(self.prerelease)}"
        if self.build:
            text += f"+{'.'.join(self.build)}"
        return text


def parse(text: str) -> SemVer | None:
    """Return the version that the whole of `text` spells, or None; ASCII only, at most `VERSION_MAX` characters."""
    match = _SEMVER.fullmatch(text) if len(text) <= VERSION_MAX else None
    if match is None:
        return None
    return SemVer(
        major=int(match["major"]),
        minor=int(match["minor"]),
        patch=int(match["patch"]),
        prerelease=_parts(match["prerelease"]),
        build=_parts(match["build"]),
    )


def is_semver(text: str) -> bool:
    """Tell whether `text` is a semantic version of at most `VERSION_MAX` characters."""
    return parse(text) is not None


def sort_key(text: str) -> str:
    """Return ASCII text whose binary order is the precedence of the version; build metadata has no part in it.

    Two versions have equal keys when, and only when, neither precedes the other. At most `SORT_KEY_MAX` characters.
    Raises SmarterValueError when `text` is not a semantic version.
    """
    version = _parsed(text)
    core = ".".join(_number_key(str(number)) for number in (version.major, version.minor, version.patch))
    # A release follows its pre-releases: "~" sorts after "-". Between identifiers stands "!", which sorts before every
    # character of an identifier, so that "a.b" precedes "a1"; and a key precedes its own continuation.
    if not version.prerelease:
        return f"{core}~"
    return f"{core}-{'!'.join(_identifier_key(part) for part in version.prerelease)}"


def suggest(text: str) -> str | None:
    """Return the version that `text` most likely means ("0.3" gives "0.3.0", "v1.2" gives "1.2.0"), or None."""
    match = _LOOSE.fullmatch(text.strip()) if len(text) <= VERSION_MAX else None
    if match is None:
        return None
    numbers = (match[name] or "0" for name in ("major", "minor", "patch"))
    candidate = ".".join(number.lstrip("0") or "0" for number in numbers) + (match["rest"] or "")
    return candidate if is_semver(candidate) else None


def bump(version: str, part: Part) -> str:
    """Return the next release after `version`, raised at `part`; a pre-release becomes the release it leads to.

    Raises SmarterValueError when `version` is not a semantic version or the next one would be too long.
    """
    old = _parsed(version)
    if old.prerelease and _leads_to(old, part):
        raised = SemVer(old.major, old.minor, old.patch)
    elif part == "major":
        raised = SemVer(old.major + 1, 0, 0)
    elif part == "minor":
        raised = SemVer(old.major, old.minor + 1, 0)
    else:
        raised = SemVer(old.major, old.minor, old.patch + 1)
    text = str(raised)
    if len(text) > VERSION_MAX:
        raise SmarterValueError(f"The next version is too long. Use at most {VERSION_MAX} characters.")
    return text


def _parsed(text: str) -> SemVer:
    version = parse(text)
    if version is None:
        raise SmarterValueError("This is not a version. Write three numbers, such as 1.0.0.")
    return version


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _number_key(digits: str) -> str:
    # More digits is the larger number, so the count comes first; two hexadecimal digits hold it (128 at most).
    return f"{len(digits):02x}{digits}"


def _identifier_key(part: str) -> str:
    # Numbers precede words. Identifiers are ASCII here, so isdigit() means 0-9.
    return f"1{_number_key(part)}" if part.isdigit() else f"2{part}"


def _leads_to(version: SemVer, part: Part) -> bool:
    """Tell whether the release of a pre-release is already a new one at `part`: 2.0.0-rc.1 is for "major"."""
    if part == "major":
        return version.minor == 0 and version.patch == 0
    return part == "patch" or version.patch == 0
