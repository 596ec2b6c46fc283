"""Hash passwords, and refuse those made of well-known words: the user's names, the email address, the site.

Django's UserAttributeSimilarityValidator compares the password with each name separately and by ratio, so two names
together, a repeated name, or a name followed by a year pass.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.texts import without_accents

SITE = "observatory observatorio"
OTHER_LETTERS = 8
"""Number of letters that a password must have besides names; people first add digits and punctuation to a name."""
LOOKALIKES = str.maketrans("013457@$!", "oieastasi")


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with what OWASP's “Password Storage Cheat Sheet” recommends for 46 MiB, a processor at a time.

    Django's own figures take 100 MB and eight processors, which a small server does not have for each sign-in.
    """

    time_cost = 1
    memory_cost = 47_104  # KiB
    parallelism = 1


class NamesValidator:
    """Refuses passwords that consist of names and little else.

    Names are found forwards and backwards, with digits in between or instead of letters.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError if too few letters remain without the names."""
        names = {name for text in _known(user) for name in (text, text[::-1])}
        pattern = re.compile("|".join(sorted(names, key=len, reverse=True)))
        for reading in (_letters(password), _letters(password.translate(LOOKALIKES))):
            others, found = pattern.subn("", reading)
            if found and len(others) < OTHER_LETTERS:
                raise ValidationError(
                    _("The password is little more than the name of the person or of the site."),
                    code="password_of_names",
                )

    def get_help_text(self) -> str:
        """The help text of the forms."""
        return _("Your password can’t be little more than your name, your address or the name of this site.")


def _known(user: AbstractBaseUser | None) -> Iterator[str]:
    """The user's names of at least three letters, and words of at least four from the email address and the site."""
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
    """Reduce to lower-case letters without accents."""
    return "".join(filter(str.isalpha, without_accents(text)))
