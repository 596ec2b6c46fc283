"""The tables of captures, links and texts of documents. Imports `measures.models` and `foundation`."""
