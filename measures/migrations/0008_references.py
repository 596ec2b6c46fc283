"""Other numbers of acts, and the numbers in references by which acts are found."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("countries", "0002_site_and_roles"),
        ("measures", "0007_named_acts"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        run_sql_file("measures", "reference_numbers"),
        migrations.CreateModel(
            name="ReferenceAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("former", "Former number"),
                            ("other_numbering", "Other numbering"),
                            ("cited_as", "Cited as"),
                        ],
                        max_length=20,
                        verbose_name="kind of number",
                    ),
                ),
                (
                    "reference",
                    models.CharField(help_text="As printed: No. 44/2020.", max_length=200, verbose_name="number"),
                ),
                (
                    "reference_numbers",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("reference"),
                            function="reference_numbers",
                            output_field=django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), size=None
                            ),
                        ),
                        output_field=django.contrib.postgres.fields.ArrayField(
                            base_field=models.TextField(), size=None
                        ),
                    ),
                ),
            ],
            options={
                "verbose_name": "other number",
                "verbose_name_plural": "other numbers",
                "ordering": ["kind", "reference"],
            },
        ),
        migrations.CreateModel(
            name="ReferenceAliasEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("former", "Former number"),
                            ("other_numbering", "Other numbering"),
                            ("cited_as", "Cited as"),
                        ],
                        max_length=20,
                        verbose_name="kind of number",
                    ),
                ),
                (
                    "reference",
                    models.CharField(help_text="As printed: No. 44/2020.", max_length=200, verbose_name="number"),
                ),
            ],
            options={
                "ordering": ["pgh_id"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="measure",
            name="reference_numbers",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("reference"),
                    function="reference_numbers",
                    output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
            ),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["reference_numbers"], name="measures_measure_numbers"
            ),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("date", "")),
                fields=["title_en", "title_es", "title_pt"],
                name="measures_measure_undated",
                opclasses=["gin_trgm_ops", "gin_trgm_ops", "gin_trgm_ops"],
            ),
        ),
        migrations.AddField(
            model_name="referencealias",
            name="measure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="aliases",
                to="measures.measure",
                verbose_name="measure",
            ),
        ),
        migrations.AddField(
            model_name="referencealiasevent",
            name="measure",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="measures.measure",
                verbose_name="measure",
            ),
        ),
        migrations.AddField(
            model_name="referencealiasevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="referencealiasevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="measures.referencealias",
            ),
        ),
        migrations.AddIndex(
            model_name="referencealias",
            index=django.contrib.postgres.indexes.GinIndex(fields=["reference_numbers"], name="measures_alias_numbers"),
        ),
        migrations.AddConstraint(
            model_name="referencealias",
            constraint=models.UniqueConstraint(
                models.F("measure"),
                models.Func(models.F("reference"), function="reference_key", output_field=models.TextField()),
                name="measures_referencealias_unique",
                violation_error_message="This entry has that number already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="referencealias",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["former", "other_numbering", "cited_as"])),
                name="measures_referencealias_kind_known",
                violation_error_message="Choose the kind of number from the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="referencealias",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference__regex", "\\S")),
                name="measures_referencealias_not_empty",
                violation_error_message="Write the number, or remove the row.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_referencealiasevent" ("id", "kind", "measure_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference") SELECT new_values."id", new_values."kind", new_values."measure_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reference" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="4e30d5acfcc6c0e0839d0aa27ae015df1238e066",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_2a735",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_referencealiasevent" ("id", "kind", "measure_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference") SELECT new_values."id", new_values."kind", new_values."measure_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reference" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."measure_id" IS DISTINCT FROM (new_values."measure_id") OR old_values."reference" IS DISTINCT FROM (new_values."reference")) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="7b9fb4b19489368fe24b2dbedeff79b998e6498e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_e6938",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_referencealiasevent" ("id", "kind", "measure_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference") SELECT old_values."id", old_values."kind", old_values."measure_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reference" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="dd68476baf78b10f57ceb6ab11a4a403c2c7f1c0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8f323",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="public_change_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE found bigint[];",
                    func="\n                found := (with changed as (select * from new_rows) select array(select distinct m.id from changed c join measures_measure m on m.id = c.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ",
                    hash="bf2b11ae4e7c0d85d8c22ed83ba18230cc4897a3",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_public_change_insert_0b411",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="public_change_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE found bigint[];",
                    func="\n                found := (with changed as (select * from old_rows union all select * from new_rows) select array(select distinct m.id from changed c join measures_measure m on m.id = c.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ",
                    hash="82d7798a0ecab2e43a9e0f92fbfb0bbbf6b4b53f",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_public_change_update_42bf3",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="public_change_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE found bigint[];",
                    func="\n                found := (with changed as (select * from old_rows) select array(select distinct m.id from changed c join measures_measure m on m.id = c.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ",
                    hash="0a03085aaae6b911c7a9cadaf7733f31de19ed7a",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_public_change_delete_175c4",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="referencealias",
            trigger=pgtrigger.compiler.Trigger(
                name="public_change_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="perform note_public_change(null); return null;",
                    hash="5a709c6e7b6db71370fabd51f6adfcbfeae8767d",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_public_change_truncate_3e06b",
                    table="measures_referencealias",
                    when="AFTER",
                ),
            ),
        ),
        run_sql_file("measures", "search"),
        run_sql_file("measures", "search_triggers"),
    ]
