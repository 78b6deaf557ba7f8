"""Jobs: work that takes longer than a request, as rows in the database and a thread of `serve` that runs them."""
