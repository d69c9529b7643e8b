"""Deals: what partners work on, protected by registration."""
