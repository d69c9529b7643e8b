"""Partners: who sells with us, on which terms, which deals are theirs, and what they earn."""
