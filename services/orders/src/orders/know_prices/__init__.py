"""What products cost: the price book, learned from pricing."""
