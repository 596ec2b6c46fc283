"""The words of entries, sources and documents, which triggers keep; and what Django cannot say of the tables."""

from django.db import migrations

from foundation.sql_files import run_sql_file

# The primary topic of a measure is one of its topics; checked at commit, since tags are written after the row.
PRIMARY_TOPIC = """
alter table measures_measure add constraint measures_measure_primary_topic_is_a_topic
    foreign key (id, primary_topic_id) references measures_measure_topics (measure_id, topic_id)
    deferrable initially deferred
"""

# What is derived goes with what it is derived from. Vectors stand always out of line where they are long, and not
# compressed: pglz cost more time than it saved in reading.
DERIVED = """
alter table measures_validity add constraint measures_validity_measure
    foreign key (measure_id) references measures_measure (id) on delete cascade;
alter table measures_searchtext add constraint measures_searchtext_measure
    foreign key (measure_id) references measures_measure (id) on delete cascade;
alter table measures_sourcetext add constraint measures_sourcetext_source
    foreign key (source_id) references measures_source (id) on delete cascade;
alter table measures_searchtext alter column vector set storage external, set (toast_tuple_target = 128);
alter table measures_sourcetext alter column vector set storage external, set (toast_tuple_target = 128);
alter table measures_documenttext alter column vector set storage external, set (toast_tuple_target = 128);
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0002_tables")]
    operations = [
        migrations.RunSQL(PRIMARY_TOPIC, migrations.RunSQL.noop),
        migrations.RunSQL(DERIVED, migrations.RunSQL.noop),
        *(
            run_sql_file("measures", name)
            for name in (
                "search_words",
                "document_text",
                "source_text",
                "validity",
                "search_triggers",
                "replaced_terms",
            )
        ),
    ]
