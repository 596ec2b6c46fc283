"""What may be missing: the numbers of acts that nobody has seen, and an estimate of how many acts are not recorded."""
