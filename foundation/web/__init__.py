"""Safe requests to other servers: all outgoing requests go through here. Imports nothing else of ours."""
