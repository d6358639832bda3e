"""After-sales cases for the shop's own system, over HTTP."""
