"""Quotes: priced by pricing, approved by a second person, accepted by the customer, ordered once."""
