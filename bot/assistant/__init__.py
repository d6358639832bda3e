"""Understands and answers: the dialogue core behind `bot.assistant.protocol`."""
