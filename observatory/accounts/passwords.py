"""Passwords made of what everybody knows: the person's names, the address, the site.

Django's UserAttributeSimilarityValidator holds the password against each name by itself and by its share, so two names
together, a name twice, or a name with a year behind it pass.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.texts import without_accents

SITE = "observatory observatorio"
OTHER_LETTERS = 8
"""So many letters a password must have besides names; digits and marks are what people add to a name first."""
LOOKALIKES = str.maketrans("013457@$!", "oieastasi")


class NamesValidator:
    """Refuses what consists of names and little else, read forwards or backwards, with digits among them or for
    letters."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError where too little is left without the names."""
        names = {name for text in _known(user) for name in (text, text[::-1])}
        pattern = re.compile("|".join(sorted(names, key=len, reverse=True)))
        for reading in (_letters(password), _letters(password.translate(LOOKALIKES))):
            others, found = pattern.subn("", reading)
            if found and len(others) < OTHER_LETTERS:
                raise ValidationError(
                    _("The password consists of the name of the person or of the site, and little else."),
                    code="password_of_names",
                )

    def get_help_text(self) -> str:
        """What the forms say beforehand."""
        return _("Your password can’t consist of your name, your address or the name of this site, and little else.")


def _known(user: AbstractBaseUser | None) -> Iterator[str]:
    """Names of the person from three letters on, and from four on what an address and the site are called."""
    address, _at, host = str(getattr(user, "email", "")).partition("@")
    names = (*(str(getattr(user, field, "")) for field in ("username", "first_name", "last_name")), address)
    yield from _words(names, shortest=3)
    yield from _words((host, SITE, urlsplit(settings.PUBLIC_URL).hostname or ""), shortest=4)


def _words(texts: tuple[str, ...], *, shortest: int) -> Iterator[str]:
    """Each text as a whole and each of its words, in letters alone."""
    for text in texts:
        words = {_letters(word) for word in (text, *re.split(r"[\W\d_]+", text))}
        yield from (word for word in words if len(word) >= shortest)


def _letters(text: str) -> str:
    """Small, and without accents."""
    return "".join(filter(str.isalpha, without_accents(text)))
