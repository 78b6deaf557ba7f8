"""The demo: invented accounts and people, and the manifests that fill an empty installation."""
