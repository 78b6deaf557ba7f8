"""The manifest files of the demo: `manifests/<account number>/<owner's username>/*.yaml`."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from webapp.demo.people import ACCOUNTS, PEOPLE

MANIFESTS = Path(__file__).resolve().parent / "manifests"

# What other records refer to is loaded first: plugins name connections, and connections name secrets.
_FIRST = {"secrets.yaml": 0, "connections.yaml": 1}
_PLUGINS = 2

_YOUNGEST_PLUGIN, _OLDEST_PLUGIN = 1, 290
_OLDEST = 400


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One manifest file with the account it goes into and the person who owns its records."""

    account_number: str
    username: str
    path: Path

    @property
    def holds_plugins(self) -> bool:
        """Tell whether the file describes plugins rather than secrets or connections."""
        return self.path.name not in _FIRST

    @property
    def age_days(self) -> int:
        """Return how many days before now the demo says that these records were made.

        The number comes from the place of the file, so it is the same in every installation. Secrets and
        connections are always older than the plugins that need them.
        """
        place = f"{self.account_number}/{self.username}/{self.path.name}"
        first, last = (
            (_YOUNGEST_PLUGIN, _OLDEST_PLUGIN) if self.holds_plugins else (_OLDEST_PLUGIN + 1, _OLDEST)
        )
        return first + zlib.crc32(place.encode()) % (last - first + 1)


def list_manifest_files() -> list[DemoFile]:
    """Return every manifest of the demo: secrets, then connections, then plugins.

    Within each of the three the order is that of `ACCOUNTS`, then `PEOPLE`, then the file name, on every machine.
    """
    accounts = {account.number: place for place, account in enumerate(ACCOUNTS)}
    people = {person.username: place for place, person in enumerate(PEOPLE)}
    found = [
        DemoFile(path.parent.parent.name, path.parent.name, path) for path in MANIFESTS.glob("*/*/*.yaml")
    ]

    def place(file: DemoFile) -> tuple[int, int, int, str]:
        kind = _FIRST.get(file.path.name, _PLUGINS)
        return kind, accounts[file.account_number], people[file.username], file.path.name

    return sorted(found, key=place)
