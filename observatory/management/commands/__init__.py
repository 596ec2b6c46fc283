"""The demo, the server, the embedded database, accounts and rights. Each command calls one folder of `observatory`."""
