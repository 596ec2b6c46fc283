"""Errors that readers report, and what was corrected of what was public. Imports `models`."""
