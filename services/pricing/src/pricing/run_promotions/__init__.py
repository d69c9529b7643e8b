"""Promotions: a percentage off, within a period and a budget that is never exceeded."""
