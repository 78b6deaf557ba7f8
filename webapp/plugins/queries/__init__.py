"""Reading plugins: every statement starts from what the viewer may see."""
