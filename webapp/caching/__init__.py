"""A cache that is correct by construction: its keys hold the generations of what was read."""
