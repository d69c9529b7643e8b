"""Which leads are worth a salesperson's time: work them, score them, qualify them."""
