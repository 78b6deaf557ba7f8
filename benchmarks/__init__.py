"""What pages cost beside a fixed page of the same server, and imports beside PyYAML's C loader: `make bench`."""
