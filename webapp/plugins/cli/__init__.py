"""The commands `plugins`: apply, get, describe, export and delete plugins from a terminal or a CI job.

Exit codes: 0 done, 1 refused (a problem in a document, a conflict), 2 wrong usage; with `apply --dry-run --exit-code`
also 3, something would be done. Data goes to standard output, what there is to say about it to standard error.
"""

from __future__ import annotations

# The modules add their commands to the group, which has to exist before they are imported.
from webapp.plugins.cli import apply, delete, export, read
from webapp.plugins.cli.group import plugins_cli

__all__ = ["apply", "delete", "export", "plugins_cli", "read"]
