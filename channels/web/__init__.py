"""The web chat: its HTTP shell, its API, and its events."""
