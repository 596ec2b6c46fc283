"""What every request passes: caching, languages, limits, security. Imports `foundation` and `observatory`, no model."""
