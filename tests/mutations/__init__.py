"""Faults made on purpose in the critical places, each of which a test must catch: see `__main__`."""
