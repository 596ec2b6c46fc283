"""Notes on events in Spanish and Portuguese."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from foundation.migration_groups import Together


class Migration(migrations.Migration):

    dependencies = [
        ('measures', '0010_search_vectors_planned_once'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='statusevent',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='statusevent',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='statusevent',
            name='delete_delete',
        ),
        Together([
            migrations.AddField(
                model_name='statusevent',
                name='note_es',
                field=models.CharField(blank=True, max_length=300, verbose_name='note (Spanish)'),
            ),
            migrations.AddField(
                model_name='statusevent',
                name='note_pt',
                field=models.CharField(blank=True, max_length=300, verbose_name='note (Portuguese)'),
            ),
            migrations.AddField(
                model_name='statuseventevent',
                name='note_es',
                field=models.CharField(blank=True, max_length=300, verbose_name='note (Spanish)'),
            ),
            migrations.AddField(
                model_name='statuseventevent',
                name='note_pt',
                field=models.CharField(blank=True, max_length=300, verbose_name='note (Portuguese)'),
            ),
            migrations.AlterField(
                model_name='statusevent',
                name='note',
                field=models.CharField(blank=True, max_length=300, verbose_name='note (English)'),
            ),
            migrations.AlterField(
                model_name='statuseventevent',
                name='note',
                field=models.CharField(blank=True, max_length=300, verbose_name='note (English)'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='statusevent',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_statuseventevent" ("date", "id", "measure_id", "note", "note_es", "note_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "recorded_on", "source_id", "status") SELECT new_values."date", new_values."id", new_values."measure_id", new_values."note", new_values."note_es", new_values."note_pt", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position", new_values."recorded_on", new_values."source_id", new_values."status" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e6cb2d039f59aceccc8fa27d133ad8aa3d435e59', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_2bf8d', referencing='REFERENCING NEW TABLE AS new_values ', table='measures_statusevent', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='statusevent',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_statuseventevent" ("date", "id", "measure_id", "note", "note_es", "note_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "recorded_on", "source_id", "status") SELECT new_values."date", new_values."id", new_values."measure_id", new_values."note", new_values."note_es", new_values."note_pt", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."position", new_values."recorded_on", new_values."source_id", new_values."status" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."date" IS DISTINCT FROM (new_values."date") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."measure_id" IS DISTINCT FROM (new_values."measure_id") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."note_es" IS DISTINCT FROM (new_values."note_es") OR old_values."note_pt" IS DISTINCT FROM (new_values."note_pt") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."recorded_on" IS DISTINCT FROM (new_values."recorded_on") OR old_values."source_id" IS DISTINCT FROM (new_values."source_id") OR old_values."status" IS DISTINCT FROM (new_values."status")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3325eaed71f2c46dfba2e3c8dff9fca8ec1e3c3e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_c30f9', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='measures_statusevent', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='statusevent',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_statuseventevent" ("date", "id", "measure_id", "note", "note_es", "note_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "recorded_on", "source_id", "status") SELECT old_values."date", old_values."id", old_values."measure_id", old_values."note", old_values."note_es", old_values."note_pt", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."position", old_values."recorded_on", old_values."source_id", old_values."status" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='098788b94cd06217f79736a3a81d36fbcacc38f3', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_f1466', referencing='REFERENCING OLD TABLE AS old_values ', table='measures_statusevent', when='AFTER')),
            ),
        ]),
    ]
