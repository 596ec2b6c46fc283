"""Background work, counts of sign-ins, and the groups with their rights."""
