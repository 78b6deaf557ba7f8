"""How large a change is by the rules of semantic versions, and which version it asks for at least. Pure.

The rules of each kind are its domain's; here is only how reasons become a judgement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from webapp.core import semver
from webapp.core.errors import SmarterValueError
from webapp.core.semver import Part

Verdict = Literal["fits", "same", "small", "down", "unknown"]

LEVELS: Final[tuple[Part, ...]] = ("patch", "minor", "major")
REASONS_SHOWN = 3
# Of thousands of documents most have one of a few versions.
_VERSIONS_KEPT = 1_024


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that changed: how large it is, and what it is as the end of a sentence."""

    level: Part
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """How large a change is, which version it asks for at least, and how the written one compares.

    The verdict is `fits`, `same` (the version stays), `small` (it is raised too little), `down`, or `unknown` where one
    of the two is no semantic version.
    """

    level: Part
    reasons: tuple[Reason, ...]
    before: str
    after: str
    suggested: str
    verdict: Verdict

    @property
    def label(self) -> str:
        """Return the size in two words, as a row of the plan shows it."""
        return f"{self.level} change"

    @property
    def asks_for_more(self) -> bool:
        """Tell whether the written version should be another one, and which is known."""
        return self.verdict in ("same", "small", "down") and bool(self.suggested)

    @property
    def sentence(self) -> str:
        """Return what there is to say about the written version; "" when it fits."""
        if self.verdict == "same":
            return f"The version stays {self.before}."
        if self.verdict == "small":
            return f"From {self.before} to {self.after} says less than a {self.label}."
        if self.verdict == "down":
            return f"The version goes down from {self.before} to {self.after}."
        return ""

    @property
    def because(self) -> str:
        """Return the reasons of the largest size, the first few of many."""
        texts = list(dict.fromkeys(reason.text for reason in self.reasons if reason.level == self.level))
        more = len(texts) - REASONS_SHOWN
        shown = [*texts[:REASONS_SHOWN], f"{more} more"] if more > 0 else texts
        return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def judge(reasons: Iterable[Reason], before: str, after: str) -> Judgement | None:
    """Return the judgement of a change; None when nothing but the version itself changed.

    Args:
        reasons: what changed.
        before: the version that the record has.
        after: the version that the manifest writes.
    """
    found = tuple(reasons)
    if not found:
        return None
    level = max((reason.level for reason in found), key=LEVELS.index)
    suggested = suggest(before, level)
    return Judgement(level, found, before, after, suggested, _verdict(before, after, suggested))


@lru_cache(maxsize=_VERSIONS_KEPT)
def suggest(before: str, level: Part) -> str:
    """Return the lowest release that says a change of this size; "" when there is none.

    Before 1.0.0 nothing is promised yet: what breaks raises the middle number, and everything else the last.
    """
    old = semver.parse(before)
    if old is None:
        return ""
    if old.major == 0:
        level = "minor" if level == "major" else "patch"
    try:
        return semver.bump(before, level)
    except SmarterValueError:
        return ""


@lru_cache(maxsize=_VERSIONS_KEPT)
def _verdict(before: str, after: str, suggested: str) -> Verdict:
    new, wanted = semver.parse(after), semver.parse(suggested) if suggested else None
    if new is None or wanted is None:
        return "unknown"
    was, now = semver.sort_key(before), semver.sort_key(after)
    if now == was:
        return "same"
    if now < was:
        return "down"
    # A pre-release of the suggested version, or of a later one, promises the same.
    fits = (new.major, new.minor, new.patch) >= (wanted.major, wanted.minor, wanted.patch)
    return "fits" if fits else "small"
