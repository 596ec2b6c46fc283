"""The version of the public data, and which views are public pages. Imports nothing of ours."""
