"""The command palette: one field that finds records, tags, pages and actions; and what this person opened last."""
