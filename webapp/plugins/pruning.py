"""Plugins that a source has left behind (manifests.pruning.Prunable): they go to the bin."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import joinedload

from webapp.accounts.identity import Viewer
from webapp.accounts.models import UserProfile
from webapp.accounts.permissions import may_manage
from webapp.core.locators import format_locator
from webapp.db.session import current_session
from webapp.manifests.pruning import Leftover
from webapp.manifests.queries import AT_ONCE
from webapp.plugins import service
from webapp.plugins.models import PluginMeta
from webapp.plugins.models.identity import KIND_OF_CLASS, LOCATOR_KIND
from webapp.plugins.queries.visibility import visible_to


class PrunablePlugins:
    """How plugins are found and moved to the bin."""

    record_kind = LOCATOR_KIND

    def find(self, viewer: Viewer, ids: Collection[int]) -> Sequence[Leftover]:
        """Return the live plugins among some of the viewer's account, by name."""
        wanted, found = sorted(ids), []
        for start in range(0, len(wanted), AT_ONCE):
            statement = (
                visible_to(viewer)
                .where(
                    PluginMeta.account_id == viewer.account_id,
                    PluginMeta.id.in_(wanted[start : start + AT_ONCE]),
                )
                .options(joinedload(PluginMeta.user_profile).joinedload(UserProfile.user))
            )
            found += [_leftover(viewer, plugin) for plugin in current_session().scalars(statement)]
        return sorted(found, key=lambda leftover: leftover.name)

    def delete(self, viewer: Viewer, leftover: Leftover) -> None:
        """Move a plugin to the bin, where it can be restored for 30 days."""
        service.delete_plugin(viewer, leftover.id, leftover.revision)


def _leftover(viewer: Viewer, plugin: PluginMeta) -> Leftover:
    owner = plugin.user_profile.user
    return Leftover(
        kind=str(KIND_OF_CLASS[plugin.plugin_class]),
        record_kind=LOCATOR_KIND,
        id=plugin.id,
        name=plugin.name,
        version=plugin.version,
        revision=plugin.revision,
        locator=format_locator(LOCATOR_KIND, plugin.id),
        owner=owner.display_name or owner.username,
        manageable=may_manage(viewer, plugin.account_id, plugin.user_profile_id),
    )
