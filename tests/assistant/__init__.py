"""The trained assistant as customers meet it."""
