"""Reads of secrets and connections, each from what the viewer may see."""
