"""Rasa as a library, behind `bot.assistant.Assistant`. Only this package, `bot.nlu` and `actions` know Rasa."""
