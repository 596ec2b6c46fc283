"""`python -m tests.ten_analysts MINUTES`: ten people work on a few entries at once, while processes are killed.

They edit drafts and public entries in forms, propose changes and review them, import files, and merge entries, by the
admin of a site of its own, whose web workers, web server and background worker are killed in turn. A reader asks for
every public address meanwhile. Each text that somebody types has a word of its own, by which is known at the end

- that every change that the site confirmed is in the history, and that what is stored is what the history has last,
- that nobody has overwritten what they were not shown,
- that no word of a draft, or of a proposal before its approval was asked for, was on a public page.

Fails if one of these does not hold, or if one kind of work never succeeded.
"""
