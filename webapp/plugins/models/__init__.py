"""The PluginMeta record and its parts."""

from __future__ import annotations

from webapp.plugins.models.annotations import PluginAnnotation
from webapp.plugins.models.data import PluginDataApi, PluginDataBase, PluginDataSql, PluginDataStatic
from webapp.plugins.models.listing import PluginSearch, PluginTally
from webapp.plugins.models.meta import PluginMeta
from webapp.plugins.models.prompt import PluginPrompt
from webapp.plugins.models.selector import PluginSelector
from webapp.plugins.models.stars import Star
from webapp.plugins.models.tags import PluginTag, Tag, TagAlias
from webapp.plugins.models.usage import ChatBotPlugin, ChatPluginUsage, ChatToolCall, PluginSelectorHistory

__all__ = [
    "ChatBotPlugin",
    "ChatPluginUsage",
    "ChatToolCall",
    "PluginAnnotation",
    "PluginDataApi",
    "PluginDataBase",
    "PluginDataSql",
    "PluginDataStatic",
    "PluginMeta",
    "PluginPrompt",
    "PluginSearch",
    "PluginSelector",
    "PluginSelectorHistory",
    "PluginTag",
    "PluginTally",
    "Star",
    "Tag",
    "TagAlias",
]
