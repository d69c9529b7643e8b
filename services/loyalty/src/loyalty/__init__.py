"""Loyalty: programmes, members, and the points they earn and spend."""
