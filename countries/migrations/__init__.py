"""The tables of countries, figures and feeds."""
