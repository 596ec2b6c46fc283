"""Arguments of the command line, which a shell passes on as whatever bytes were typed."""

from argparse import ArgumentTypeError


def utf8(argument: str) -> str:
    """For `type=`: an argument that the database can be asked about."""
    if argument.encode(errors="replace").decode() != argument:
        raise ArgumentTypeError("it is not UTF-8. Set the encoding of the terminal to UTF-8")
    return argument
