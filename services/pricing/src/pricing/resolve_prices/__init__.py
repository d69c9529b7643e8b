"""What something costs, and why: list, segment, volume break, promotion, floor, rounding."""
