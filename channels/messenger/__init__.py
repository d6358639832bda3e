"""Messenger: docs/channels/messenger.md tells how to set it up and what it does."""
