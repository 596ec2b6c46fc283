"""The primary topic of a measure is one of its topics; checked at commit, since tags are written after the row."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("measures", "0002_measures")]
    operations = [
        migrations.RunSQL(
            """
            alter table measures_measure add constraint measures_measure_primary_topic_is_a_topic
            foreign key (id, primary_topic_id) references measures_measure_topics (measure_id, topic_id)
            deferrable initially deferred
            """,
            "alter table measures_measure drop constraint measures_measure_primary_topic_is_a_topic",
        )
    ]
