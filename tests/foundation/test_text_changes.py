"""What changed between two texts: lines, words in lines, and how much of it is shown."""

from foundation import text_changes
from foundation.text_changes import TextDiff, changes_between


def marked(changes: TextDiff) -> list[str]:
    """Each line with `+` or `-`, its changed words in brackets."""
    return [
        ("+" if line.is_added else "-")
        + "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in line.pieces)
        for line in changes.lines
    ]


def test_words_that_differ_are_marked_in_both_wordings() -> None:
    changes = changes_between(
        "Article 1\nThe border is closed until 30 May.\nArticle 2",
        "Article 1\nThe border is closed until 15 June.\nArticle 2",
        characters=1000,
    )
    assert marked(changes) == ["-The border is closed until [30 May].", "+The border is closed until [15 June]."]
    assert (changes.added, changes.removed, changes.skipped, changes.is_whole) == (1, 1, 0, True)


def test_line_without_counterpart_is_shown_whole() -> None:
    changes = changes_between("One\nTwo", "One\nA line that nobody knew\nTwo", characters=1000)
    assert marked(changes) == ["+A line that nobody knew"]


def test_lines_that_say_other_things_are_no_wordings_of_one() -> None:
    changes = changes_between("Decree on borders", "Weather for tomorrow: rain", characters=1000)
    assert marked(changes) == ["-Decree on borders", "+Weather for tomorrow: rain"]


def test_blanks_and_blank_lines_change_nothing() -> None:
    changes = changes_between("One\n\n  Two  \n", "One\nTwo", characters=1000)
    assert (changes.lines, changes.added, changes.removed) == ((), 0, 0)


def test_what_stayed_is_shortened_around_what_changed() -> None:
    before, after = "word " * 100 + "old" + " end" * 100, "word " * 100 + "new" + " end" * 100
    lines = marked(changes_between(before, after, characters=1000))
    assert [line[0] + line[line.index("[") : line.index("]") + 1] for line in lines] == ["-[old]", "+[new]"]
    assert all(len(line) < 150 and line.startswith(("- … ", "+ … ")) and line.endswith(" … ") for line in lines)


def test_no_more_is_shown_than_fits() -> None:
    before, after = "", "\n".join(f"Line {number} of the new text" for number in range(100))
    changes = changes_between(before, after, characters=60)
    assert sum(line.length for line in changes.lines) <= 62
    assert marked(changes)[-1].endswith(" …")
    assert (changes.added, len(changes.lines), changes.skipped) == (100, 3, 97)


def test_of_long_texts_the_beginnings_are_compared() -> None:
    lines = [str(number) for number in range(text_changes.MOST_LINES + 1)]
    changes = changes_between("\n".join(lines), "\n".join([*lines[:-1], "other"]), characters=1000)
    assert (changes.added, changes.is_whole) == (0, False)


def test_two_wordings_are_whole_with_the_words_that_differ() -> None:
    before, after = text_changes.two_wordings("The border is closed.", "The border is open until May.")
    assert ["".join(piece.text for piece in side) for side in (before, after)] == [
        "The border is closed.",
        "The border is open until May.",
    ]
    assert [piece.text for piece in before if piece.is_changed] == ["closed"]
    assert [piece.text for piece in after if piece.is_changed] == ["open until May"]
