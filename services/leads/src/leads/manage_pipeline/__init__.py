"""What can be won: opportunities on their way through the stages, won by accepted quotes."""
