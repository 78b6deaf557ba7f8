"""The database layer: column vocabulary, mixins and the one way to write, `transaction()`."""
