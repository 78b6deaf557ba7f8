"""Manifests: reading YAML with positions, checking it against the kinds, comparing and writing it."""
