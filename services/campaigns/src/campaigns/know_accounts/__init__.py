"""Which accounts there are: learned from leads."""
