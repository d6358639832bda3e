"""What may be said about what the shop knows: pure functions to phrases, in no language yet."""
