"""What chatbots and people of the demo did with its plugins, so that their pages have something to say."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.identity import Viewer
from webapp.plugins import service as plugins
from webapp.plugins.models import PluginMeta
from webapp.plugins.queries.visibility import is_readable
from webapp.plugins.usage_values import CallStatus, Occasion, ToolCall, Use


@dataclass(frozen=True, slots=True)
class DemoUse:
    """A chatbot of a person's account that used a plugin some times, and how its last call ended."""

    username: str
    plugin: str
    chatbot: str
    questions: tuple[str, ...] = ()
    status: CallStatus = "ok"


SHOP, PRESS = "Shop assistant", "Press desk"
WHERE = ("Where is my parcel?", "Has my order left the house yet?", "When will my gift box arrive?")
BACK = ("Can I send a melted bar back?", "How long do I have to return a gift?")

USES: tuple[DemoUse, ...] = (
    DemoUse("tobias", "order_status", SHOP, WHERE),
    DemoUse("tobias", "order_status", "Trade portal, staging"),
    DemoUse("tobias", "returns_and_refunds_policy", SHOP, BACK),
    DemoUse("tobias", "returns_and_refunds_policy", PRESS, BACK[:1]),
    DemoUse("tobias", "delivery_slots", SHOP, WHERE[2:], "failed"),
    DemoUse("imogen", "iso_country_codes", SHOP, ("Do you deliver to Aruba?",)),
)


STARS = {
    "tobias": ("order_status", "delivery_slots"),
    "imogen": ("house_style_and_tone", "order_status", "store_stock_lookup"),
}
"""What people of the demo have starred."""


def give_stars(session: Session, viewer: Viewer, names: tuple[str, ...]) -> None:
    """Star plugins that one person reads, inside the caller's transaction."""
    for plugin_id in session.scalars(
        select(PluginMeta.id).where(PluginMeta.name.in_(names), is_readable(viewer))
    ).all():
        plugins.star_plugin(viewer, plugin_id)


def record_uses(session: Session, viewer: Viewer, uses: tuple[DemoUse, ...]) -> None:
    """Record what one person's account did, inside the caller's transaction."""
    for use in uses:
        plugin_id = session.scalars(
            select(PluginMeta.id).where(PluginMeta.name == use.plugin, is_readable(viewer))
        ).one()
        plugins.link_chatbot(viewer, plugin_id, use.chatbot)
        for number, question in enumerate(use.questions, 1):
            occasion = Occasion(use.chatbot, f"{use.plugin}-{number}")
            plugins.record_use(viewer, plugin_id, Use(occasion, question))
            call = ToolCall(use.plugin, occasion, {"question": question}, use.status)
            plugins.record_tool_call(viewer, plugin_id, call)
