"""A legal number in any spelling -> its key.

`N° 000104-2020-MIGRACIONES`, `104-2020-migraciones` and `Nº104 / 2020 - Migraciones` are one act. The key is upper
case, without accents, number sign, blanks, dots and leading zeros, its parts joined by `-`. Words before the number
(`Decreto Supremo N°`, `D.S.`) say the kind, which is a field of its own, and are left out; letters that belong to the
number (`A/RES/73/195`, `C-123`) stay. PostgreSQL computes it (`sql/references.sql`), in the generated
column `Measure.reference_key` and here alike, so that there is one implementation.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models


def key_of(reference: str | models.expressions.Combinable) -> models.Func:
    """The key of a legal number (a text as typed, or an expression), as a database expression."""
    value = models.Value(reference) if isinstance(reference, str) else reference
    return models.Func(value, function="reference_key", output_field=models.TextField())


def words_before(reference: models.expressions.Combinable) -> models.Func:
    """The words before a legal number, in which two acts of one key can differ, as a database expression."""
    return models.Func(reference, function="reference_words", output_field=models.TextField())


def numbers_in(reference: models.expressions.Combinable) -> models.Func:
    """The numbers that stand in a legal reference, as an array: by them, records are found that a text may name."""
    return models.Func(reference, function="reference_numbers", output_field=ArrayField(models.TextField()))
