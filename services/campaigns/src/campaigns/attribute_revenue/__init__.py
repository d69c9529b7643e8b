"""Attribution: which campaign an order is due to, and what is left after returns."""
