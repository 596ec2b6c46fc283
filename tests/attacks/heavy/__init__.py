"""Attacks that take minutes: `make attack`. They run against a whole site of its own, which nothing else uses.

How to add an attack:

1. Write a function that takes a `Site` (`site.py`) and does harm to it: `site.url` is where it answers,
   `site.processes()` which processes it consists of, `site.data_dir` where its data are. The function returns when the
   attack is over; it need not heal anything, and need not look whether the site still answers.
2. Put it into the list `ATTACKS` of its file, as an `Attack` with a name and with what is `Allowed`.
3. A new file is named in `FILES` of `__main__.py`.

The harness starts a fresh site before each attack, from a copy of the same data, and watches it (`watching.py`) while
the function runs and until the site has healed: a visitor asks public pages twice a second, a writer saves edits
through the admin, and a draft holds words that no public answer may hold. An attack on starting or stopping itself
takes `needs_site=False`, gets a site that is not started, and raises AssertionError where it finds something wrong.
"""
