"""What the shop sells: products as it sends them, as they are stored, and those of the demonstration shop."""
