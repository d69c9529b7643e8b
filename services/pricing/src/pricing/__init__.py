"""Pricing: products, prices, promotions, and the answer to what something costs."""
