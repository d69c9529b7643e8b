"""Members: customers who joined a programme."""
