"""The history of sales: past order lines taken in from files, row by row, nothing lost."""
