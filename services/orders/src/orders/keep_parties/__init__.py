"""Who can order: parties, learned from accounts, with the terms kept here."""
