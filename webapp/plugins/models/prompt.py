"""PluginPrompt: the settings used when a plugin is chosen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.columns import BigId, pk, text
from webapp.db.mixins import Timestamped
from webapp.extensions import Base
from webapp.plugins.values import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_MODEL,
    DEFAULT_PROVIDER,
    DEFAULT_TEMPERATURE,
    PromptValues,
)


class PluginPrompt(Timestamped, Base):
    """Provider, model and system role of one plugin (seed: plugin_prompt_plugin)."""

    __tablename__ = "plugin_prompts"

    id: Mapped[pk]
    plugin_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("plugin_meta.id", ondelete="CASCADE"), unique=True
    )
    provider: Mapped[str] = mapped_column(String(64), default=DEFAULT_PROVIDER)
    system_role: Mapped[text]
    model: Mapped[str] = mapped_column(String(255), default=DEFAULT_MODEL)
    temperature: Mapped[float] = mapped_column(Float, default=DEFAULT_TEMPERATURE)
    max_tokens: Mapped[int] = mapped_column(Integer, default=DEFAULT_MAX_TOKENS)

    __table_args__ = (
        CheckConstraint("temperature BETWEEN 0 AND 1", name="temperature"),
        CheckConstraint("max_tokens >= 1", name="max_tokens"),
    )

    @staticmethod
    def columns(values: PromptValues) -> dict[str, Any]:
        """Return what the typed values are in this row."""
        return dict(vars(values))

    def assign(self, values: PromptValues) -> None:
        """Take over the typed values."""
        for name, value in self.columns(values).items():
            setattr(self, name, value)

    def to_values(self) -> PromptValues:
        """Return the typed values of this row."""
        return PromptValues(self.provider, self.system_role, self.model, self.temperature, self.max_tokens)
