"""The support desk, where people take over from the assistant."""
