"""Orders: parties, stock, quotes, sales orders, fulfilment, returns, and the history of sales."""
