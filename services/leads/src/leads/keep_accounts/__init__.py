"""Who buys from us: accounts, their external ids, and how a company is recognised."""
