"""What a lead is worth: fit and behaviour by stated rules. No tables, no doors."""
