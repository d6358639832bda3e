"""Rasa as a library behind `bot.assistant.protocol.Assistant`; only this, `nlu` and `actions` know it."""
