"""Hostile customers, each with something to win. `THOROUGH=1` has them try longer."""
