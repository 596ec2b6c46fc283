"""The project: the only place that joins the apps."""
