"""When people are asked for: requests with what those need to know, calls to make, and how it was."""
