"""The overview of an account: how many plugins there are, what was done, what is used, what waits."""
