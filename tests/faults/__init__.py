"""Faults brought about on purpose: the server is killed under load, and nothing may be lost or doubled."""

import os

# `make faults` plays many more courses of events than `make test` has time for.
THOROUGH = os.environ.get("THOROUGH") == "1"
