"""Goods that come back, or are not as they should be: what is asked until a case can be begun."""
