"""The shop's orders: looked up, proven, changed, imported."""
