"""Reads of the feed: its lines, the acts in it, and the people who did it."""
