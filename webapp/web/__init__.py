"""The web edge that knows no domain: htmx, rendering, forms, listing parameters, errors and security."""
