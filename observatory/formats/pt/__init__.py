"""Portuguese formats."""
