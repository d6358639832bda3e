"""The withdrawal from a contract: a statement is kept, becomes a case, and is acknowledged."""
