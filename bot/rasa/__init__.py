"""Rasa as a library behind `bot.assistant.Assistant`; only this, `bot.nlu` and `actions` know Rasa."""
