"""Writing plugins: permission, revision, the record's own members, history. Knows nothing of HTTP."""

from __future__ import annotations

from webapp.plugins.service.bin import delete_plugin, empty_bin, restore_plugin
from webapp.plugins.service.bulk import (
    PluginWriting,
    Prepared,
    Refused,
    Target,
    prepare_plugins,
    write_plugins,
)
from webapp.plugins.service.bulk_bin import bin_unmoved
from webapp.plugins.service.moves import change_owner, clone_plugin, rename_plugin
from webapp.plugins.service.stars import star_plugin, unstar_plugin
from webapp.plugins.service.undo import restore_revision, undo_writes
from webapp.plugins.service.usage import (
    link_chatbot,
    record_selection,
    record_tool_call,
    record_use,
    unlink_chatbot,
)
from webapp.plugins.service.writing import (
    NO_RIGHT,
    Saved,
    changed_fields,
    create_plugin,
    spelled_fields,
    update_field,
    update_plugin,
)

__all__ = [
    "NO_RIGHT",
    "PluginWriting",
    "Prepared",
    "Refused",
    "Saved",
    "Target",
    "bin_unmoved",
    "change_owner",
    "changed_fields",
    "clone_plugin",
    "create_plugin",
    "delete_plugin",
    "empty_bin",
    "link_chatbot",
    "prepare_plugins",
    "record_selection",
    "record_tool_call",
    "record_use",
    "rename_plugin",
    "restore_plugin",
    "restore_revision",
    "spelled_fields",
    "star_plugin",
    "undo_writes",
    "unlink_chatbot",
    "unstar_plugin",
    "update_field",
    "update_plugin",
    "write_plugins",
]
