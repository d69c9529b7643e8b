"""What accounts bought: the book of their orders, from what orders tells."""
