"""Commissions: what partners earn by the orders of their deals, corrected by returns."""
