"""Reads of the overview: writes by day, uses by plugin, what waits; each bounded and within the viewer's sight."""
