"""Messages that are read without the dialogue core: what has no words, what is mere courtesy."""
