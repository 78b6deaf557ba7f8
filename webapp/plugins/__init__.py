"""Plugins: the PluginMeta record, its parts, the list, the record page and the editor."""
