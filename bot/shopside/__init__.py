"""The shop's own system: what it is told of after-sales cases, and what it pays back."""
