"""The only way to other servers: one address, fetched safely. Imports nothing else of ours."""
