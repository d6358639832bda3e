"""The running assistant: settings, composition, conversation, and the Rasa core behind it."""
