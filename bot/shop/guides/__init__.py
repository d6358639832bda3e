"""Guides that the shop's owner writes: help with a product, step by step."""
