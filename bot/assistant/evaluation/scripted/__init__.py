"""Scripted conversations, played against the assistant and judged by what the customer is told."""
