"""Bring orders to the customer: stock comes in, back orders are served, shipments leave and arrive."""
