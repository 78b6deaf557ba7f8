"""Reading tags: the list, one tag, and everything that carries some of them."""
