"""The columns of PluginMeta, which each of its mixins builds on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.accounts.ownership import Owned
from webapp.db.columns import BigId, UtcDateTime, binary_text, pk

if TYPE_CHECKING:
    from webapp.plugins.models.data import PluginDataBase
    from webapp.plugins.models.prompt import PluginPrompt
    from webapp.plugins.models.selector import PluginSelector
    from webapp.plugins.models.tags import PluginTag


class Columns(Owned):
    """What a row holds beside what every owned record has."""

    id: Mapped[pk]
    plugin_class: Mapped[str] = mapped_column(String(10))
    # Derived by save(): semver precedence as text, the owner's username, and what readiness amounts to.
    version_key: Mapped[str] = mapped_column(binary_text(512))
    owner_key: Mapped[str] = mapped_column(binary_text(200))
    readiness: Mapped[str] = mapped_column(String(10))
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    deleted_by_id: Mapped[int | None] = mapped_column(BigId)

    if TYPE_CHECKING:  # The relationships of PluginMeta: a mixin cannot make them.
        selector: Mapped[PluginSelector | None]
        prompt: Mapped[PluginPrompt | None]
        data: Mapped[PluginDataBase | None]
        tagged_items: Mapped[list[PluginTag]]
        # What tags `save` will write; None leaves them as they are.
        _new_tags: tuple[str, ...] | None
