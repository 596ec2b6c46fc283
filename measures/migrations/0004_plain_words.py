"""A sentence in plain words on a measure, which the search finds too."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from foundation.migration_groups import Together


class Migration(migrations.Migration):

    dependencies = [
        ('measures', '0003_search'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='measure',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='measure',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='measure',
            name='delete_delete',
        ),
        Together([
            migrations.AddField(
                model_name='measure',
                name='plain_en',
                field=models.TextField(blank=True, help_text='A short sentence for somebody who cannot read law: who may do what, from when until when.', verbose_name='in plain words (English)'),
            ),
            migrations.AddField(
                model_name='measure',
                name='plain_es',
                field=models.TextField(blank=True, help_text='A short sentence for somebody who cannot read law: who may do what, from when until when.', verbose_name='in plain words (Spanish)'),
            ),
            migrations.AddField(
                model_name='measure',
                name='plain_pt',
                field=models.TextField(blank=True, help_text='A short sentence for somebody who cannot read law: who may do what, from when until when.', verbose_name='in plain words (Portuguese)'),
            ),
            migrations.AddField(
                model_name='measureevent',
                name='plain_en',
                field=models.TextField(blank=True, help_text='A short sentence for somebody who cannot read law: who may do what, from when until when.', verbose_name='in plain words (English)'),
            ),
            migrations.AddField(
                model_name='measureevent',
                name='plain_es',
                field=models.TextField(blank=True, help_text='A short sentence for somebody who cannot read law: who may do what, from when until when.', verbose_name='in plain words (Spanish)'),
            ),
            migrations.AddField(
                model_name='measureevent',
                name='plain_pt',
                field=models.TextField(blank=True, help_text='A short sentence for somebody who cannot read law: who may do what, from when until when.', verbose_name='in plain words (Portuguese)'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='measure',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_measureevent" ("checked_by_id", "checked_on", "country_id", "created_at", "created_by_id", "date", "direction", "duration", "duration_basis", "end_kind", "evidence", "id", "issuing_body_id", "kind", "level", "official_title", "original_language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plain_en", "plain_es", "plain_pt", "primary_topic_id", "provision", "public_id", "published_at", "published_by_id", "record_version", "reference", "replaced_by_id", "retired_reason", "reviewed_at", "reviewed_by_id", "short_title_en", "short_title_es", "short_title_pt", "status", "status_date", "summary_en", "summary_es", "summary_pt", "title_en", "title_es", "title_pt", "updated_at", "updated_by_id", "valid_from", "valid_until", "workflow", "workflow_note") SELECT new_values."checked_by_id", new_values."checked_on", new_values."country_id", new_values."created_at", new_values."created_by_id", new_values."date", new_values."direction", new_values."duration", new_values."duration_basis", new_values."end_kind", new_values."evidence", new_values."id", new_values."issuing_body_id", new_values."kind", new_values."level", new_values."official_title", new_values."original_language", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."plain_en", new_values."plain_es", new_values."plain_pt", new_values."primary_topic_id", new_values."provision", new_values."public_id", new_values."published_at", new_values."published_by_id", new_values."record_version", new_values."reference", new_values."replaced_by_id", new_values."retired_reason", new_values."reviewed_at", new_values."reviewed_by_id", new_values."short_title_en", new_values."short_title_es", new_values."short_title_pt", new_values."status", new_values."status_date", new_values."summary_en", new_values."summary_es", new_values."summary_pt", new_values."title_en", new_values."title_es", new_values."title_pt", new_values."updated_at", new_values."updated_by_id", new_values."valid_from", new_values."valid_until", new_values."workflow", new_values."workflow_note" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='001676775371cbf796914c880ce8fff89b900b7e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_e26a2', referencing='REFERENCING NEW TABLE AS new_values ', table='measures_measure', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='measure',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_measureevent" ("checked_by_id", "checked_on", "country_id", "created_at", "created_by_id", "date", "direction", "duration", "duration_basis", "end_kind", "evidence", "id", "issuing_body_id", "kind", "level", "official_title", "original_language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plain_en", "plain_es", "plain_pt", "primary_topic_id", "provision", "public_id", "published_at", "published_by_id", "record_version", "reference", "replaced_by_id", "retired_reason", "reviewed_at", "reviewed_by_id", "short_title_en", "short_title_es", "short_title_pt", "status", "status_date", "summary_en", "summary_es", "summary_pt", "title_en", "title_es", "title_pt", "updated_at", "updated_by_id", "valid_from", "valid_until", "workflow", "workflow_note") SELECT new_values."checked_by_id", new_values."checked_on", new_values."country_id", new_values."created_at", new_values."created_by_id", new_values."date", new_values."direction", new_values."duration", new_values."duration_basis", new_values."end_kind", new_values."evidence", new_values."id", new_values."issuing_body_id", new_values."kind", new_values."level", new_values."official_title", new_values."original_language", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."plain_en", new_values."plain_es", new_values."plain_pt", new_values."primary_topic_id", new_values."provision", new_values."public_id", new_values."published_at", new_values."published_by_id", new_values."record_version", new_values."reference", new_values."replaced_by_id", new_values."retired_reason", new_values."reviewed_at", new_values."reviewed_by_id", new_values."short_title_en", new_values."short_title_es", new_values."short_title_pt", new_values."status", new_values."status_date", new_values."summary_en", new_values."summary_es", new_values."summary_pt", new_values."title_en", new_values."title_es", new_values."title_pt", new_values."updated_at", new_values."updated_by_id", new_values."valid_from", new_values."valid_until", new_values."workflow", new_values."workflow_note" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."checked_by_id" IS DISTINCT FROM (new_values."checked_by_id") OR old_values."checked_on" IS DISTINCT FROM (new_values."checked_on") OR old_values."country_id" IS DISTINCT FROM (new_values."country_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."created_by_id" IS DISTINCT FROM (new_values."created_by_id") OR old_values."date" IS DISTINCT FROM (new_values."date") OR old_values."direction" IS DISTINCT FROM (new_values."direction") OR old_values."duration" IS DISTINCT FROM (new_values."duration") OR old_values."duration_basis" IS DISTINCT FROM (new_values."duration_basis") OR old_values."end_kind" IS DISTINCT FROM (new_values."end_kind") OR old_values."evidence" IS DISTINCT FROM (new_values."evidence") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."issuing_body_id" IS DISTINCT FROM (new_values."issuing_body_id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."level" IS DISTINCT FROM (new_values."level") OR old_values."official_title" IS DISTINCT FROM (new_values."official_title") OR old_values."original_language" IS DISTINCT FROM (new_values."original_language") OR old_values."plain_en" IS DISTINCT FROM (new_values."plain_en") OR old_values."plain_es" IS DISTINCT FROM (new_values."plain_es") OR old_values."plain_pt" IS DISTINCT FROM (new_values."plain_pt") OR old_values."primary_topic_id" IS DISTINCT FROM (new_values."primary_topic_id") OR old_values."provision" IS DISTINCT FROM (new_values."provision") OR old_values."public_id" IS DISTINCT FROM (new_values."public_id") OR old_values."published_at" IS DISTINCT FROM (new_values."published_at") OR old_values."published_by_id" IS DISTINCT FROM (new_values."published_by_id") OR old_values."record_version" IS DISTINCT FROM (new_values."record_version") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."replaced_by_id" IS DISTINCT FROM (new_values."replaced_by_id") OR old_values."retired_reason" IS DISTINCT FROM (new_values."retired_reason") OR old_values."reviewed_at" IS DISTINCT FROM (new_values."reviewed_at") OR old_values."reviewed_by_id" IS DISTINCT FROM (new_values."reviewed_by_id") OR old_values."short_title_en" IS DISTINCT FROM (new_values."short_title_en") OR old_values."short_title_es" IS DISTINCT FROM (new_values."short_title_es") OR old_values."short_title_pt" IS DISTINCT FROM (new_values."short_title_pt") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_date" IS DISTINCT FROM (new_values."status_date") OR old_values."summary_en" IS DISTINCT FROM (new_values."summary_en") OR old_values."summary_es" IS DISTINCT FROM (new_values."summary_es") OR old_values."summary_pt" IS DISTINCT FROM (new_values."summary_pt") OR old_values."title_en" IS DISTINCT FROM (new_values."title_en") OR old_values."title_es" IS DISTINCT FROM (new_values."title_es") OR old_values."title_pt" IS DISTINCT FROM (new_values."title_pt") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at") OR old_values."updated_by_id" IS DISTINCT FROM (new_values."updated_by_id") OR old_values."valid_from" IS DISTINCT FROM (new_values."valid_from") OR old_values."valid_until" IS DISTINCT FROM (new_values."valid_until") OR old_values."workflow" IS DISTINCT FROM (new_values."workflow") OR old_values."workflow_note" IS DISTINCT FROM (new_values."workflow_note")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d94d9dd35adebc1a6c0365422ba0df2387371d21', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_fd347', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='measures_measure', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='measure',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "measures_measureevent" ("checked_by_id", "checked_on", "country_id", "created_at", "created_by_id", "date", "direction", "duration", "duration_basis", "end_kind", "evidence", "id", "issuing_body_id", "kind", "level", "official_title", "original_language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plain_en", "plain_es", "plain_pt", "primary_topic_id", "provision", "public_id", "published_at", "published_by_id", "record_version", "reference", "replaced_by_id", "retired_reason", "reviewed_at", "reviewed_by_id", "short_title_en", "short_title_es", "short_title_pt", "status", "status_date", "summary_en", "summary_es", "summary_pt", "title_en", "title_es", "title_pt", "updated_at", "updated_by_id", "valid_from", "valid_until", "workflow", "workflow_note") SELECT old_values."checked_by_id", old_values."checked_on", old_values."country_id", old_values."created_at", old_values."created_by_id", old_values."date", old_values."direction", old_values."duration", old_values."duration_basis", old_values."end_kind", old_values."evidence", old_values."id", old_values."issuing_body_id", old_values."kind", old_values."level", old_values."official_title", old_values."original_language", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."plain_en", old_values."plain_es", old_values."plain_pt", old_values."primary_topic_id", old_values."provision", old_values."public_id", old_values."published_at", old_values."published_by_id", old_values."record_version", old_values."reference", old_values."replaced_by_id", old_values."retired_reason", old_values."reviewed_at", old_values."reviewed_by_id", old_values."short_title_en", old_values."short_title_es", old_values."short_title_pt", old_values."status", old_values."status_date", old_values."summary_en", old_values."summary_es", old_values."summary_pt", old_values."title_en", old_values."title_es", old_values."title_pt", old_values."updated_at", old_values."updated_by_id", old_values."valid_from", old_values."valid_until", old_values."workflow", old_values."workflow_note" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='2aba39ff39617d1ccbb0823b37e33343ae0db8c1', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_7343e', referencing='REFERENCING OLD TABLE AS old_values ', table='measures_measure', when='AFTER')),
            ),
        ]),
    ]
