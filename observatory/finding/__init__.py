"""One search over entries, legal numbers, countries and documents. Imports `measures`, `countries` and `foundation`."""
