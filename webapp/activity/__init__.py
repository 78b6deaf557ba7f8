"""The feed of an account: what was done, by whom and through what; acts that wrote many records, and their undoing."""
