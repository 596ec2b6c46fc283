"""Tags of the admin's first page about feeds. Imports `countries.feeds` and `countries.models`."""
