"""The project: settings, addresses, first page, middleware, commands. It joins the apps and may import all."""
