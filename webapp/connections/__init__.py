"""Connections and secrets: what SQL and API plugins reach through."""
