"""Who follows a filter by e-mail, and what is new to them. Imports `corrections`, `listing` and `models`."""
