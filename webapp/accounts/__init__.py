"""Accounts: tenants, people, roles, login sessions and the viewer of a request."""
