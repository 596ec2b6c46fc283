"""What is true of an act on a day: whether it was in force, and what the record knows of it.

A record leaves gaps: a month instead of a day, an end that nobody recorded. A *reading* fills them in one way that
fits. An act is certainly in force on a day if it is so in every reading, possibly if in one, and presumably if in every
reading in which ends that are open on purpose never come. `docs/decisions/validity.md` has the rules.

`facts` are what a record says, `bounds` the arithmetic of days that are known within bounds, `course` the days of one
act, `story` what happens to it and `player` how, `known_days` what the record shows besides, `pieces` and `ranges` the
way back to days, `derive` the answer. These know no database. `store` reads the facts from it and writes the answers;
`standing` says what a page shows of them. The package imports `measures.models`, `measures.choices`,
`measures.durations` and `foundation`; pages, files and the index of the public record import it.
"""
