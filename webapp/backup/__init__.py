"""Backup and restore: everything that an installation holds in one file that either database reads (ADR 0023)."""
