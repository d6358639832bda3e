"""Fake providers that speak the real ones' protocols: to try a channel without an account, and for tests."""
