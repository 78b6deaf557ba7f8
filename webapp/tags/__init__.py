"""Tag gardening: all tags of an account with their counts, near-duplicates, rename, merge and aliases (ADR 0017)."""
