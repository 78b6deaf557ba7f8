"""PluginSelector: when a plugin is offered to the model."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.columns import BigId, OrderedJson, pk
from webapp.db.mixins import Timestamped
from webapp.extensions import Base
from webapp.plugins.values import SelectorValues


class PluginSelector(Timestamped, Base):
    """The directive and search terms of one plugin (seed: plugin_selector_plugin)."""

    __tablename__ = "plugin_selectors"

    id: Mapped[pk]
    plugin_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("plugin_meta.id", ondelete="CASCADE"), unique=True
    )
    directive: Mapped[str] = mapped_column(String(20), default="search_terms")
    search_terms: Mapped[Any] = mapped_column(OrderedJson, default=list)

    __table_args__ = (CheckConstraint("directive IN ('search_terms', 'always', 'llm')", name="directive"),)

    @staticmethod
    def columns(values: SelectorValues) -> dict[str, Any]:
        """Return what the typed values are in this row."""
        return {"directive": values.directive, "search_terms": list(values.search_terms)}

    def assign(self, values: SelectorValues) -> None:
        """Take over the typed values."""
        for name, value in self.columns(values).items():
            setattr(self, name, value)

    def to_values(self) -> SelectorValues:
        """Return the typed values of this row."""
        return SelectorValues(self.directive, tuple(self.search_terms or ()))
