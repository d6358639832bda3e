"""Faults made on purpose in the critical places, each of which tests must catch: `python -m tests.mutations`."""
