"""A shop in one file, and back."""
