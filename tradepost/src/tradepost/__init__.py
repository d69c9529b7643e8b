"""tradepost."""
