"""Adding the sample plugin to an account."""

from __future__ import annotations

from sqlalchemy import select

from webapp.accounts.identity import Viewer
from webapp.db.session import transaction
from webapp.plugins.models import PluginMeta
from webapp.plugins.samples import SAMPLE
from webapp.plugins.service.writing import Saved, create_plugin, to_saved


def add_sample(viewer: Viewer) -> Saved:
    """Create the sample plugin for the viewer; one that is there already stays as it is, whosever it is.

    Raises:
        Conflict: somebody else adds it at this very moment.
    """
    with transaction() as session:
        found = session.scalar(
            select(PluginMeta).where(
                PluginMeta.account_id == viewer.account_id,
                PluginMeta.name == SAMPLE.name,
                PluginMeta.deleted_at.is_(None),
            )
        )
        return create_plugin(viewer, SAMPLE) if found is None else to_saved(found)
