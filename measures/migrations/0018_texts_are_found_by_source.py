"""Words are looked for in the vectors of sources, so that no index on those of single captures has to be kept."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("measures", "0017_source_text")]

    operations = [
        migrations.RemoveIndex(model_name="documenttext", name="measures_documenttext_vector"),
        migrations.RunSQL("drop function measures_documents_found(tsquery)"),
    ]
