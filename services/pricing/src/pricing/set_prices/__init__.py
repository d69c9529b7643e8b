"""Prices: for everybody or a segment, from a quantity on, for a period."""
