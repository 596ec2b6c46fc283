"""Attacks that take minutes: `make attack`. Each runs against a complete site of its own.

How to add an attack:

1. Write a function that takes a `Site` (`site.py`) and attacks it: `site.url` is its address, `site.processes()` its
   processes, `site.data_dir` its data folder. The function returns when the attack is over; it need not repair
   anything, or check whether the site still responds.
2. Add it to the list `ATTACKS` of its file, as an `Attack` with a name and with what is `Allowed`.
3. Add a new file to `FILES` in `__main__.py`.

The harness starts a fresh site before each attack, from a copy of the same data, and watches it (`watching.py`) while
the function runs and until the site has recovered: a visitor requests public pages twice a second, a writer saves edits
through the admin, and a draft contains words that no public response may contain. An attack on starting or stopping
itself uses `needs_site=False`, gets a site that is not started, and raises AssertionError if it finds something wrong.
"""
