"""What there is to promise: stock positions, and their reservation."""
