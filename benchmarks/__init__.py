"""What importing manifests costs, beside what PyYAML's C loader needs for the same text: `make bench`."""
