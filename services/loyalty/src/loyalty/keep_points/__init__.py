"""Points: earned pending, released on delivery, spent first in first out, taken back to the point."""
