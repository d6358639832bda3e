"""What the desk's pages read and write."""
