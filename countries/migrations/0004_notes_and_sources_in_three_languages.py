"""Notes on figures, names of sources and descriptions of pictures in Spanish and Portuguese."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from foundation.migration_groups import Together


class Migration(migrations.Migration):

    dependencies = [
        ('countries', '0003_first_events_of_former_addresses'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='country',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='country',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='country',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='indicatorfeed',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='indicatorfeed',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='indicatorfeed',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='mobilityrole',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='mobilityrole',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='mobilityrole',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='observation',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='observation',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='observation',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='country',
            name='countries_country_picture_in_words',
        ),
        Together([
            migrations.AddField(
                model_name='country',
                name='picture_alt_es',
                field=models.CharField(blank=True, max_length=250, verbose_name='picture description (Spanish)'),
            ),
            migrations.AddField(
                model_name='country',
                name='picture_alt_pt',
                field=models.CharField(blank=True, max_length=250, verbose_name='picture description (Portuguese)'),
            ),
            migrations.AddField(
                model_name='countryevent',
                name='picture_alt_es',
                field=models.CharField(blank=True, max_length=250, verbose_name='picture description (Spanish)'),
            ),
            migrations.AddField(
                model_name='countryevent',
                name='picture_alt_pt',
                field=models.CharField(blank=True, max_length=250, verbose_name='picture description (Portuguese)'),
            ),
            migrations.AddField(
                model_name='indicatorfeed',
                name='source_name_es',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Spanish)'),
            ),
            migrations.AddField(
                model_name='indicatorfeed',
                name='source_name_pt',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Portuguese)'),
            ),
            migrations.AddField(
                model_name='indicatorfeedevent',
                name='source_name_es',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Spanish)'),
            ),
            migrations.AddField(
                model_name='indicatorfeedevent',
                name='source_name_pt',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Portuguese)'),
            ),
            migrations.AddField(
                model_name='mobilityrole',
                name='source_name_es',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Spanish)'),
            ),
            migrations.AddField(
                model_name='mobilityrole',
                name='source_name_pt',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Portuguese)'),
            ),
            migrations.AddField(
                model_name='mobilityroleevent',
                name='source_name_es',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Spanish)'),
            ),
            migrations.AddField(
                model_name='mobilityroleevent',
                name='source_name_pt',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Portuguese)'),
            ),
            migrations.AddField(
                model_name='observation',
                name='note_es',
                field=models.TextField(blank=True, verbose_name='note (Spanish)'),
            ),
            migrations.AddField(
                model_name='observation',
                name='note_pt',
                field=models.TextField(blank=True, verbose_name='note (Portuguese)'),
            ),
            migrations.AddField(
                model_name='observation',
                name='source_name_es',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Spanish)'),
            ),
            migrations.AddField(
                model_name='observation',
                name='source_name_pt',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Portuguese)'),
            ),
            migrations.AddField(
                model_name='observationevent',
                name='note_es',
                field=models.TextField(blank=True, verbose_name='note (Spanish)'),
            ),
            migrations.AddField(
                model_name='observationevent',
                name='note_pt',
                field=models.TextField(blank=True, verbose_name='note (Portuguese)'),
            ),
            migrations.AddField(
                model_name='observationevent',
                name='source_name_es',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Spanish)'),
            ),
            migrations.AddField(
                model_name='observationevent',
                name='source_name_pt',
                field=models.CharField(blank=True, max_length=200, verbose_name='source (Portuguese)'),
            ),
            migrations.AlterField(
                model_name='country',
                name='picture_alt',
                field=models.CharField(blank=True, max_length=250, verbose_name='picture description (English)'),
            ),
            migrations.AlterField(
                model_name='countryevent',
                name='picture_alt',
                field=models.CharField(blank=True, max_length=250, verbose_name='picture description (English)'),
            ),
            migrations.AlterField(
                model_name='indicatorfeed',
                name='source_name',
                field=models.CharField(help_text='As shown to the public beside each value.', max_length=200, verbose_name='source (English)'),
            ),
            migrations.AlterField(
                model_name='indicatorfeedevent',
                name='source_name',
                field=models.CharField(help_text='As shown to the public beside each value.', max_length=200, verbose_name='source (English)'),
            ),
            migrations.AlterField(
                model_name='mobilityrole',
                name='source_name',
                field=models.CharField(max_length=200, verbose_name='source (English)'),
            ),
            migrations.AlterField(
                model_name='mobilityroleevent',
                name='source_name',
                field=models.CharField(max_length=200, verbose_name='source (English)'),
            ),
            migrations.AlterField(
                model_name='observation',
                name='note',
                field=models.TextField(blank=True, verbose_name='note (English)'),
            ),
            migrations.AlterField(
                model_name='observation',
                name='source_name',
                field=models.CharField(max_length=200, verbose_name='source (English)'),
            ),
            migrations.AlterField(
                model_name='observationevent',
                name='note',
                field=models.TextField(blank=True, verbose_name='note (English)'),
            ),
            migrations.AlterField(
                model_name='observationevent',
                name='source_name',
                field=models.CharField(max_length=200, verbose_name='source (English)'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='country',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_countryevent" ("is_covered", "iso2", "iso3", "m49", "name_en", "name_es", "name_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picture", "picture_alt", "picture_alt_es", "picture_alt_pt", "picture_credit", "region", "slug", "subregion", "summary_en", "summary_es", "summary_pt", "updated_at") SELECT new_values."is_covered", new_values."iso2", new_values."iso3", new_values."m49", new_values."name_en", new_values."name_es", new_values."name_pt", _pgh_attached_context.value, NOW(), \'insert\', new_values."iso3", new_values."picture", new_values."picture_alt", new_values."picture_alt_es", new_values."picture_alt_pt", new_values."picture_credit", new_values."region", new_values."slug", new_values."subregion", new_values."summary_en", new_values."summary_es", new_values."summary_pt", new_values."updated_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='706befbce2e31214953934377d5c4c9b6c97c9a3', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_1b65e', referencing='REFERENCING NEW TABLE AS new_values ', table='countries_country', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='country',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_countryevent" ("is_covered", "iso2", "iso3", "m49", "name_en", "name_es", "name_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picture", "picture_alt", "picture_alt_es", "picture_alt_pt", "picture_credit", "region", "slug", "subregion", "summary_en", "summary_es", "summary_pt", "updated_at") SELECT new_values."is_covered", new_values."iso2", new_values."iso3", new_values."m49", new_values."name_en", new_values."name_es", new_values."name_pt", _pgh_attached_context.value, NOW(), \'update\', new_values."iso3", new_values."picture", new_values."picture_alt", new_values."picture_alt_es", new_values."picture_alt_pt", new_values."picture_credit", new_values."region", new_values."slug", new_values."subregion", new_values."summary_en", new_values."summary_es", new_values."summary_pt", new_values."updated_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."iso3") = (new_values."iso3") WHERE (old_values."is_covered" IS DISTINCT FROM (new_values."is_covered") OR old_values."iso2" IS DISTINCT FROM (new_values."iso2") OR old_values."iso3" IS DISTINCT FROM (new_values."iso3") OR old_values."m49" IS DISTINCT FROM (new_values."m49") OR old_values."name_en" IS DISTINCT FROM (new_values."name_en") OR old_values."name_es" IS DISTINCT FROM (new_values."name_es") OR old_values."name_pt" IS DISTINCT FROM (new_values."name_pt") OR old_values."picture" IS DISTINCT FROM (new_values."picture") OR old_values."picture_alt" IS DISTINCT FROM (new_values."picture_alt") OR old_values."picture_alt_es" IS DISTINCT FROM (new_values."picture_alt_es") OR old_values."picture_alt_pt" IS DISTINCT FROM (new_values."picture_alt_pt") OR old_values."picture_credit" IS DISTINCT FROM (new_values."picture_credit") OR old_values."region" IS DISTINCT FROM (new_values."region") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."subregion" IS DISTINCT FROM (new_values."subregion") OR old_values."summary_en" IS DISTINCT FROM (new_values."summary_en") OR old_values."summary_es" IS DISTINCT FROM (new_values."summary_es") OR old_values."summary_pt" IS DISTINCT FROM (new_values."summary_pt") OR old_values."updated_at" IS DISTINCT FROM (new_values."updated_at")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='b404429c2e1f8ca41a24ef78605ba23b6870038e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_35a7b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='countries_country', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='country',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_countryevent" ("is_covered", "iso2", "iso3", "m49", "name_en", "name_es", "name_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "picture", "picture_alt", "picture_alt_es", "picture_alt_pt", "picture_credit", "region", "slug", "subregion", "summary_en", "summary_es", "summary_pt", "updated_at") SELECT old_values."is_covered", old_values."iso2", old_values."iso3", old_values."m49", old_values."name_en", old_values."name_es", old_values."name_pt", _pgh_attached_context.value, NOW(), \'delete\', old_values."iso3", old_values."picture", old_values."picture_alt", old_values."picture_alt_es", old_values."picture_alt_pt", old_values."picture_credit", old_values."region", old_values."slug", old_values."subregion", old_values."summary_en", old_values."summary_es", old_values."summary_pt", old_values."updated_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='a252bdf777b443b0521e6de227a7f25b645a0f58', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_0b57e', referencing='REFERENCING OLD TABLE AS old_values ', table='countries_country', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='indicatorfeed',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_indicatorfeedevent" ("aliases", "country_code", "country_column", "day_column", "day_order", "decimal_mark", "encoding", "every", "filter_column", "filter_value", "format", "highest", "id", "indicator_id", "is_on", "jump", "key", "leaves_out_unknown", "lowest", "multiplier", "note", "pages_path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "records_path", "skip_rows", "source_name", "source_name_es", "source_name_pt", "source_url", "updated_at", "url", "value_column") SELECT new_values."aliases", new_values."country_code", new_values."country_column", new_values."day_column", new_values."day_order", new_values."decimal_mark", new_values."encoding", new_values."every", new_values."filter_column", new_values."filter_value", new_values."format", new_values."highest", new_values."id", new_values."indicator_id", new_values."is_on", new_values."jump", new_values."key", new_values."leaves_out_unknown", new_values."lowest", new_values."multiplier", new_values."note", new_values."pages_path", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."records_path", new_values."skip_rows", new_values."source_name", new_values."source_name_es", new_values."source_name_pt", new_values."source_url", new_values."updated_at", new_values."url", new_values."value_column" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c9175d6d4e749f65e636e6deb56b5ccc4aa95626', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b75c4', referencing='REFERENCING NEW TABLE AS new_values ', table='countries_indicatorfeed', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='indicatorfeed',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_indicatorfeedevent" ("aliases", "country_code", "country_column", "day_column", "day_order", "decimal_mark", "encoding", "every", "filter_column", "filter_value", "format", "highest", "id", "indicator_id", "is_on", "jump", "key", "leaves_out_unknown", "lowest", "multiplier", "note", "pages_path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "records_path", "skip_rows", "source_name", "source_name_es", "source_name_pt", "source_url", "updated_at", "url", "value_column") SELECT new_values."aliases", new_values."country_code", new_values."country_column", new_values."day_column", new_values."day_order", new_values."decimal_mark", new_values."encoding", new_values."every", new_values."filter_column", new_values."filter_value", new_values."format", new_values."highest", new_values."id", new_values."indicator_id", new_values."is_on", new_values."jump", new_values."key", new_values."leaves_out_unknown", new_values."lowest", new_values."multiplier", new_values."note", new_values."pages_path", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."records_path", new_values."skip_rows", new_values."source_name", new_values."source_name_es", new_values."source_name_pt", new_values."source_url", new_values."updated_at", new_values."url", new_values."value_column" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='2b359e3fb37071ff8a1570e7b6d7202a1d21f0eb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_30239', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='countries_indicatorfeed', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='indicatorfeed',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_indicatorfeedevent" ("aliases", "country_code", "country_column", "day_column", "day_order", "decimal_mark", "encoding", "every", "filter_column", "filter_value", "format", "highest", "id", "indicator_id", "is_on", "jump", "key", "leaves_out_unknown", "lowest", "multiplier", "note", "pages_path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "records_path", "skip_rows", "source_name", "source_name_es", "source_name_pt", "source_url", "updated_at", "url", "value_column") SELECT old_values."aliases", old_values."country_code", old_values."country_column", old_values."day_column", old_values."day_order", old_values."decimal_mark", old_values."encoding", old_values."every", old_values."filter_column", old_values."filter_value", old_values."format", old_values."highest", old_values."id", old_values."indicator_id", old_values."is_on", old_values."jump", old_values."key", old_values."leaves_out_unknown", old_values."lowest", old_values."multiplier", old_values."note", old_values."pages_path", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."records_path", old_values."skip_rows", old_values."source_name", old_values."source_name_es", old_values."source_name_pt", old_values."source_url", old_values."updated_at", old_values."url", old_values."value_column" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f01aa038305579d7df405ad746dcacbacb810479', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_84f60', referencing='REFERENCING OLD TABLE AS old_values ', table='countries_indicatorfeed', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='mobilityrole',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_mobilityroleevent" ("as_of", "country_id", "id", "narrative_en", "narrative_es", "narrative_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role_id", "source_name", "source_name_es", "source_name_pt", "source_url") SELECT new_values."as_of", new_values."country_id", new_values."id", new_values."narrative_en", new_values."narrative_es", new_values."narrative_pt", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."role_id", new_values."source_name", new_values."source_name_es", new_values."source_name_pt", new_values."source_url" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='fa46f40b80855e1ca647c341ce1cedf6cdaa05bb', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_02572', referencing='REFERENCING NEW TABLE AS new_values ', table='countries_mobilityrole', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='mobilityrole',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_mobilityroleevent" ("as_of", "country_id", "id", "narrative_en", "narrative_es", "narrative_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role_id", "source_name", "source_name_es", "source_name_pt", "source_url") SELECT new_values."as_of", new_values."country_id", new_values."id", new_values."narrative_en", new_values."narrative_es", new_values."narrative_pt", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."role_id", new_values."source_name", new_values."source_name_es", new_values."source_name_pt", new_values."source_url" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."as_of" IS DISTINCT FROM (new_values."as_of") OR old_values."country_id" IS DISTINCT FROM (new_values."country_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."narrative_en" IS DISTINCT FROM (new_values."narrative_en") OR old_values."narrative_es" IS DISTINCT FROM (new_values."narrative_es") OR old_values."narrative_pt" IS DISTINCT FROM (new_values."narrative_pt") OR old_values."role_id" IS DISTINCT FROM (new_values."role_id") OR old_values."source_name" IS DISTINCT FROM (new_values."source_name") OR old_values."source_name_es" IS DISTINCT FROM (new_values."source_name_es") OR old_values."source_name_pt" IS DISTINCT FROM (new_values."source_name_pt") OR old_values."source_url" IS DISTINCT FROM (new_values."source_url")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4a10bd41eed8ec4f1835e6b5872494c8dfa8aa1d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_22538', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='countries_mobilityrole', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='mobilityrole',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_mobilityroleevent" ("as_of", "country_id", "id", "narrative_en", "narrative_es", "narrative_pt", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role_id", "source_name", "source_name_es", "source_name_pt", "source_url") SELECT old_values."as_of", old_values."country_id", old_values."id", old_values."narrative_en", old_values."narrative_es", old_values."narrative_pt", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."role_id", old_values."source_name", old_values."source_name_es", old_values."source_name_pt", old_values."source_url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='1fcd807ee549ffcb4d6376ae809fac0ab0424e9e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d1bfe', referencing='REFERENCING OLD TABLE AS old_values ', table='countries_mobilityrole', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='observation',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_observationevent" ("counterpart_id", "country_id", "feed_run_id", "id", "indicator_id", "note", "note_es", "note_pt", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "qualifier", "source_name", "source_name_es", "source_name_pt", "source_url", "status", "value") SELECT new_values."counterpart_id", new_values."country_id", new_values."feed_run_id", new_values."id", new_values."indicator_id", new_values."note", new_values."note_es", new_values."note_pt", new_values."period", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."qualifier", new_values."source_name", new_values."source_name_es", new_values."source_name_pt", new_values."source_url", new_values."status", new_values."value" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='954935f4e4e48b5a812b2f10fce2ffb30a762133', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_7dfd1', referencing='REFERENCING NEW TABLE AS new_values ', table='countries_observation', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='observation',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_observationevent" ("counterpart_id", "country_id", "feed_run_id", "id", "indicator_id", "note", "note_es", "note_pt", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "qualifier", "source_name", "source_name_es", "source_name_pt", "source_url", "status", "value") SELECT new_values."counterpart_id", new_values."country_id", new_values."feed_run_id", new_values."id", new_values."indicator_id", new_values."note", new_values."note_es", new_values."note_pt", new_values."period", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."qualifier", new_values."source_name", new_values."source_name_es", new_values."source_name_pt", new_values."source_url", new_values."status", new_values."value" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."counterpart_id" IS DISTINCT FROM (new_values."counterpart_id") OR old_values."country_id" IS DISTINCT FROM (new_values."country_id") OR old_values."feed_run_id" IS DISTINCT FROM (new_values."feed_run_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."indicator_id" IS DISTINCT FROM (new_values."indicator_id") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."note_es" IS DISTINCT FROM (new_values."note_es") OR old_values."note_pt" IS DISTINCT FROM (new_values."note_pt") OR old_values."period" IS DISTINCT FROM (new_values."period") OR old_values."qualifier" IS DISTINCT FROM (new_values."qualifier") OR old_values."source_name" IS DISTINCT FROM (new_values."source_name") OR old_values."source_name_es" IS DISTINCT FROM (new_values."source_name_es") OR old_values."source_name_pt" IS DISTINCT FROM (new_values."source_name_pt") OR old_values."source_url" IS DISTINCT FROM (new_values."source_url") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."value" IS DISTINCT FROM (new_values."value")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7545009a4bc479581de7605e566f6f220ecaa332', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_d8922', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='countries_observation', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='observation',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "countries_observationevent" ("counterpart_id", "country_id", "feed_run_id", "id", "indicator_id", "note", "note_es", "note_pt", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "qualifier", "source_name", "source_name_es", "source_name_pt", "source_url", "status", "value") SELECT old_values."counterpart_id", old_values."country_id", old_values."feed_run_id", old_values."id", old_values."indicator_id", old_values."note", old_values."note_es", old_values."note_pt", old_values."period", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."qualifier", old_values."source_name", old_values."source_name_es", old_values."source_name_pt", old_values."source_url", old_values."status", old_values."value" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='3697912f822811c8d9b04e3706621c04483de6f9', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_73707', referencing='REFERENCING OLD TABLE AS old_values ', table='countries_observation', when='AFTER')),
            ),
        ]),
        migrations.AddConstraint(
            model_name='country',
            constraint=models.CheckConstraint(condition=models.Q(('picture', ''), models.Q(('picture_alt', ''), ('picture_alt_es', ''), ('picture_alt_pt', ''), _negated=True), _connector='OR'), name='countries_country_picture_in_words', violation_error_message='A picture needs a description in words.'),
        ),
    ]
