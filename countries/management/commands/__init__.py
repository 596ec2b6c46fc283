"""Feeds, run by hand. Each command reads its arguments and calls `countries.feeds`."""
