"""Command-line arguments, which a shell passes on as arbitrary bytes."""

from argparse import ArgumentTypeError


def utf8(argument: str) -> str:
    """For `type=`: an argument that is valid UTF-8, so that it can be used in a query."""
    if argument.encode(errors="replace").decode() != argument:
        raise ArgumentTypeError("it is not UTF-8. Set the encoding of the terminal to UTF-8")
    return argument
