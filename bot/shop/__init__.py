"""What the shop's owner writes, read and checked."""
