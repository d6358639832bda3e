"""What the assistant learns from, trained, measured and checked."""
