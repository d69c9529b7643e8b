"""Take goods back: stock, money, points and commissions follow."""
