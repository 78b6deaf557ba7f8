"""`plugdeck doctor`: what is wrong or unsafe about this installation, and what to do about it (ADR 0023)."""
