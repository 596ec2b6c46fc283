"""Each change of the public data has a name that no other has, in no copy of the database either.

Numbers come again: after a restore, or where a replica that lacks the last transactions takes over, another change gets
the number that one had before, and a page would pass for the one that a reader has.
"""

from django.db import migrations

NAME = """
alter table countries_publicchange
    add column name bigint not null default (random() * 9007199254740991)::bigint
"""


class Migration(migrations.Migration):
    dependencies = [("countries", "0012_contexts_are_never_rewritten")]
    operations = [migrations.RunSQL(NAME, "alter table countries_publicchange drop column name")]
