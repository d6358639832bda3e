"""Comments on the shop's Facebook page."""
