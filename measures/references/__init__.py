"""Legal numbers: what a text says, and whether it names the act of a record. Knows no table and no request.

`parse` reads a text by the grammar of legal references, `judge` compares it with a record, `key_of` is the key by which
PostgreSQL tells two spellings of one number. The tables beside the code are data that an institute can correct:
`forms.csv` (kinds of acts by name), `series.csv` (what a number needs to be whole), `bodies.csv` (names and acronyms)
and `nations.csv`.
"""

from measures.references.keys import key_of, numbers_in, words_before

__all__ = ["key_of", "numbers_in", "words_before"]
