"""Faults brought about on purpose: the server is killed under load, and nothing may be lost or doubled."""
