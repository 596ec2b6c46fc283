"""The tag that puts a Jinja2 template into a page. Imports nothing of ours."""
