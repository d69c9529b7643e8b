"""Partners and their master data."""
