"""Django's admin on the same database, tuned: a competitor that runs in a virtual environment of its own."""
