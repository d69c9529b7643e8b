"""Agreements: commission, territories and exclusivity, which other rules use."""
