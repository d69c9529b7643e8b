"""Who may buy: leads from every source, each known once, with all the times it was heard of."""
