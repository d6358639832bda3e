"""Telegram: docs/channels/telegram.md tells how to set it up and what it does."""
