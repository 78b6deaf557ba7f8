"""History: one revision row per write of a record."""
