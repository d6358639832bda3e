"""Opening hours, public holidays, and the clocks that run in them."""
