"""Help: one page for each concept of the console. It knows no domain; every page may link to it."""
