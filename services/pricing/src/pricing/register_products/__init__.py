"""What can be priced and sold."""
