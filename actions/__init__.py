"""Custom actions of the dialogue: thin `rasa_sdk` classes; their rules are pure functions beside them.

They run inside the assistant's process and transaction, or as a standard action server
(`aftercare actions`).
"""
