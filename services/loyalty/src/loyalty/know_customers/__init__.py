"""Which customers there are: learned from accounts."""
