"""Programmes: what a member earns, and what a point is worth."""
