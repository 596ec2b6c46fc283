"""Template tags about feeds for the admin index. Imports `countries.feeds` and `countries.models`."""
