"""Accept and validate sales orders, and bring them to a confirmation."""
