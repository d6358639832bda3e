"""What the shop's own system is told of cases, and what is paid back."""
