"""Conversations and every message on its way in and out."""
