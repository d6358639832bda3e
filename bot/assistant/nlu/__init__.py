"""The Rasa core's graph components: intent classifier and entity extraction."""
