"""What is said where everybody reads along."""
