"""The life of a message, from the inbox to the provider."""
