"""Mutated payloads with valid signatures, and requests of every kind, against the whole program."""
