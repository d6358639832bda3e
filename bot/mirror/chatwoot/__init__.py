"""Chatwoot as the desk that a shop has already: https://developers.chatwoot.com."""
