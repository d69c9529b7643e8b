"""Which segment a customer is in: learned from accounts."""
