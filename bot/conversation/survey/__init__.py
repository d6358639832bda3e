"""How it was: the question after a person's work, and its answers."""
