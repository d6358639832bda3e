"""What the shop's own system is told of cases, and what it has told us."""
