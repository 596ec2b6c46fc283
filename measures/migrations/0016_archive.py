"""The digital archive: captures, which no statement may edit, and what is found out from them."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import measures.models.archive
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


# Stemmed by the language of the document, as the words of an entry are. PostgreSQL takes no more than a megabyte into
# one vector: of a longer document the beginning is found, its end is not.
VECTOR = """
create function measures_documenttext_vector() returns trigger language plpgsql set client_min_messages = warning as $$
declare
    body text := new.text;
    configuration regconfig := case split_part(new.language, '-', 1)
        when 'en' then 'english' when 'es' then 'spanish' when 'pt' then 'portuguese' else 'simple' end;
begin
    loop
        begin
            new.vector := measures_search_words(configuration, body, 'D');
            return new;
        exception when program_limit_exceeded then
            body := left(body, length(body) / 2);
        end;
    end loop;
end $$;
create trigger measures_documenttext_vector before insert or update of text, language on measures_documenttext
    for each row execute function measures_documenttext_vector();
alter table measures_documenttext alter column vector set storage external, set (toast_tuple_target = 128)
"""

# Always by the index, as for entries: the planner does not know that a vector lies out of line.
FOUND = """
create function measures_documents_found(query tsquery) returns bigint[]
language sql stable parallel safe set enable_seqscan = off set jit = off as $$
    select coalesce(array_agg(capture_id), '{}') from measures_documenttext where vector @@ query
$$
"""


def grant(apps, schema_editor):
    """Let analysts and editors upload documents and see what is kept."""
    config = apps.get_app_config("measures")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    granted = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="measures", codename__in=["add_capture", "view_capture"]
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["analyst", "editor"]):
        group.permissions.add(*granted)


class Migration(migrations.Migration):

    dependencies = [
        ('measures', '0015_search_no_word_twice'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Capture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('captured_at', models.DateTimeField(verbose_name='captured')),
                ('method', models.CharField(choices=[('fetch', 'Fetched from its address'), ('upload', 'Uploaded')], max_length=10, verbose_name='how it came')),
                ('url', models.CharField(blank=True, max_length=2000, verbose_name='address asked')),
                ('final_url', models.CharField(blank=True, max_length=2000, verbose_name='address that answered')),
                ('http_status', models.PositiveSmallIntegerField(null=True, verbose_name='HTTP status')),
                ('media_type', models.CharField(max_length=100, verbose_name='type')),
                ('charset', models.CharField(blank=True, max_length=40, verbose_name='character set')),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('file', models.FileField(max_length=120, storage=measures.models.archive.archive_storage, upload_to='', verbose_name='file')),
                ('warc', models.FileField(blank=True, max_length=120, storage=measures.models.archive.archive_storage, upload_to='', verbose_name='WARC')),
                ('captured_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='captures', to='measures.source', verbose_name='source')),
            ],
            options={
                'verbose_name': 'capture',
                'verbose_name_plural': 'captures',
                'ordering': ['source', '-captured_at', '-pk'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.CreateModel(
            name='Host',
            fields=[
                ('name', models.CharField(max_length=260, primary_key=True, serialize=False)),
                ('free_at', models.DateTimeField()),
                ('robots', models.TextField(blank=True)),
                ('robots_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['free_at'], name='measures_host_free')],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='link', serialize=False, to='measures.source')),
                ('url', models.CharField(max_length=2000)),
                ('state', models.CharField(choices=[('unknown', 'Not checked yet'), ('alive', 'Works'), ('changed', 'Content has changed'), ('moved', 'Has moved'), ('gone', 'Gone')], default='unknown', max_length=10, verbose_name='state of the link')),
                ('since', models.DateTimeField(null=True, verbose_name='since')),
                ('checked_at', models.DateTimeField(null=True, verbose_name='last checked')),
                ('due_at', models.DateTimeField(verbose_name='next check')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='last answered')),
                ('failing_since', models.DateTimeField(null=True, verbose_name='failing since')),
                ('failures', models.PositiveSmallIntegerField(default=0, verbose_name='failures in a row')),
                ('problem', models.CharField(blank=True, max_length=30, verbose_name='problem')),
                ('moved_to', models.CharField(blank=True, max_length=2000, verbose_name='moved to')),
                ('etag', models.CharField(blank=True, max_length=500)),
                ('last_modified', models.CharField(blank=True, max_length=100)),
                ('capture', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='measures.capture', verbose_name='capture')),
                ('host', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='measures.host')),
            ],
            options={
                'verbose_name': 'link',
                'verbose_name_plural': 'links',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='QuoteCheck',
            fields=[
                ('citation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='quote_check', serialize=False, to='measures.citation')),
                ('quote', models.CharField(max_length=600)),
                ('state', models.CharField(choices=[('found', 'Found in the kept copy'), ('no_longer', 'Only in an earlier copy'), ('not_found', 'Not found in the kept copy'), ('not_checkable', 'Not checkable: no readable copy')], max_length=15, verbose_name='quote')),
                ('page', models.PositiveIntegerField(null=True, verbose_name='page')),
                ('checked_at', models.DateTimeField(verbose_name='checked')),
                ('capture', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='measures.capture', verbose_name='capture')),
            ],
            options={
                'verbose_name': 'check of a quote',
                'verbose_name_plural': 'checks of quotes',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DocumentText',
            fields=[
                ('capture', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='document_text', serialize=False, to='measures.capture', verbose_name='capture')),
                ('state', models.CharField(choices=[('read', 'Read'), ('empty', 'No text in it, as in a scan'), ('unreadable', 'Could not be read')], max_length=10, verbose_name='state')),
                ('read_at', models.DateTimeField(verbose_name='read')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('pages', models.PositiveIntegerField(null=True, verbose_name='pages')),
                ('language', models.CharField(blank=True, max_length=35, verbose_name='language')),
                ('page_starts', models.JSONField(default=list)),
                ('picture', models.FileField(blank=True, max_length=120, storage=measures.models.archive.archive_storage, upload_to='', verbose_name='picture')),
                ('vector', django.contrib.postgres.search.SearchVectorField(null=True)),
            ],
            options={
                'verbose_name': 'text of a capture',
                'verbose_name_plural': 'texts of captures',
                'default_permissions': (),
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['vector'], name='measures_documenttext_vector')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'read'), models.Q(('text', ''), _negated=True)), models.Q(('state__in', ['empty', 'unreadable']), ('text', '')), _connector='OR'), name='measures_documenttext_state', violation_error_message='What was read has a text, and nothing else has.')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documenttext',
            trigger=pgtrigger.compiler.Trigger(name='public_change_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from new_rows) select array(select distinct m.id from changed c join measures_capture k on k.id = c.capture_id join measures_citation i on i.source_id = k.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='f3e9a92af72f9f82f8025187440550b5a14a5537', level='STATEMENT', operation='INSERT', pgid='pgtrigger_public_change_insert_ad875', referencing='REFERENCING NEW TABLE AS new_rows ', table='measures_documenttext', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documenttext',
            trigger=pgtrigger.compiler.Trigger(name='public_change_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows union all select * from new_rows) select array(select distinct m.id from changed c join measures_capture k on k.id = c.capture_id join measures_citation i on i.source_id = k.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='38cff4d6cbbc6a157075f183e1401684516d9d12', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_public_change_update_9713c', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='measures_documenttext', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documenttext',
            trigger=pgtrigger.compiler.Trigger(name='public_change_delete', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows) select array(select distinct m.id from changed c join measures_capture k on k.id = c.capture_id join measures_citation i on i.source_id = k.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='dc6c7adf713a1f3236c0d3d6793f4edfdbe0dfe0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_public_change_delete_77c42', referencing='REFERENCING OLD TABLE AS old_rows ', table='measures_documenttext', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documenttext',
            trigger=pgtrigger.compiler.Trigger(name='public_change_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='perform note_public_change(null); return null;', hash='bc6e7b93e8354f9af7ce6c4d059de9dcaad2feb1', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_public_change_truncate_ff3b7', table='measures_documenttext', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='capture',
            index=models.Index(fields=['source', '-captured_at'], name='measures_capture_newest'),
        ),
        migrations.AddConstraint(
            model_name='capture',
            constraint=models.UniqueConstraint(fields=('source', 'sha256'), name='measures_capture_content_once', violation_error_message='This very document is kept for this source already.'),
        ),
        migrations.AddConstraint(
            model_name='capture',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='measures_capture_sha256_form', violation_error_message='A SHA-256 has 64 digits from 0 to f.'),
        ),
        migrations.AddConstraint(
            model_name='capture',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('captured_by', None), ('method', 'fetch'), models.Q(('url', ''), _negated=True), models.Q(('final_url', ''), _negated=True), models.Q(('warc', ''), _negated=True), ('http_status__isnull', False)), models.Q(('captured_by__isnull', False), ('final_url', ''), ('http_status', None), ('method', 'upload'), ('url', ''), ('warc', '')), _connector='OR'), name='measures_capture_method_facts', violation_error_message='What is fetched has an address and a WARC, what is uploaded a person.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='capture',
            trigger=pgtrigger.compiler.Trigger(name='never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(func="raise exception 'Capture % is never edited.', old.id using errcode = 'integrity_constraint_violation';", hash='ea18d6ec17d2fcc44904c97ec2c85f7d69b78e6b', operation='UPDATE', pgid='pgtrigger_never_edited_cb258', table='measures_capture', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='capture',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            if current_setting('observatory.removes_captures', true) is distinct from 'yes' then\n                raise exception 'Capture % is kept for good.', old.id using errcode = 'integrity_constraint_violation';\n            end if;\n            return old;\n        ", hash='b8b8d7a10635bda3acd807a5c00a3ca4bb67112b', operation='DELETE', pgid='pgtrigger_kept_e0d0f', table='measures_capture', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='capture',
            trigger=pgtrigger.compiler.Trigger(name='public_change_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from new_rows) select array(select distinct m.id from changed c join measures_citation i on i.source_id = c.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='080fb6f318bca60ef698c38ca2fb311af4d24f1a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_public_change_insert_5448c', referencing='REFERENCING NEW TABLE AS new_rows ', table='measures_capture', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='capture',
            trigger=pgtrigger.compiler.Trigger(name='public_change_delete', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows) select array(select distinct m.id from changed c join measures_citation i on i.source_id = c.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='93b88a2e73aebbb9046e892171c7a78f068c5e9d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_public_change_delete_e2933', referencing='REFERENCING OLD TABLE AS old_rows ', table='measures_capture', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='capture',
            trigger=pgtrigger.compiler.Trigger(name='public_change_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='perform note_public_change(null); return null;', hash='d3a67ba358442529558c3d44357808172c9cbf32', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_public_change_truncate_545c0', table='measures_capture', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='link',
            index=models.Index(fields=['due_at'], name='measures_link_due'),
        ),
        migrations.AddIndex(
            model_name='link',
            index=models.Index(fields=['state', 'since'], name='measures_link_state'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('failing_since', None), ('failures', 0), ('problem', '')), models.Q(('failing_since__isnull', False), ('failures__gt', 0), models.Q(('problem', ''), _negated=True)), _connector='OR'), name='measures_link_failures', violation_error_message='A link that fails has a problem and a day since when.'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'moved'), models.Q(('moved_to', ''), _negated=True)), ('state__in', ['unknown', 'alive', 'changed', 'gone']), _connector='OR'), name='measures_link_moved_to', violation_error_message='A link that has moved has a new address.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='link',
            trigger=pgtrigger.compiler.Trigger(name='public_change_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from new_rows) select array(select distinct m.id from changed c join measures_citation i on i.source_id = c.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='285d51882318e6db9b766af77071f276e6fe715c', level='STATEMENT', operation='INSERT', pgid='pgtrigger_public_change_insert_0624a', referencing='REFERENCING NEW TABLE AS new_rows ', table='measures_link', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='link',
            trigger=pgtrigger.compiler.Trigger(name='public_change_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows union all select * from new_rows) select array(select distinct m.id from changed c join measures_citation i on i.source_id = c.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='54397a57fd8590c83034938b36e89292234a8310', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_public_change_update_16c9b', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='measures_link', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='link',
            trigger=pgtrigger.compiler.Trigger(name='public_change_delete', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows) select array(select distinct m.id from changed c join measures_citation i on i.source_id = c.source_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='81999d0c4c05e3f8a484b131c1804c7ab3c940a7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_public_change_delete_f4bee', referencing='REFERENCING OLD TABLE AS old_rows ', table='measures_link', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='link',
            trigger=pgtrigger.compiler.Trigger(name='public_change_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='perform note_public_change(null); return null;', hash='be8183de6c027681c75a029b3bd7006cf50467ad', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_public_change_truncate_0a881', table='measures_link', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='quotecheck',
            index=models.Index(fields=['state'], name='measures_quotecheck_state'),
        ),
        migrations.AddConstraint(
            model_name='quotecheck',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['found', 'no_longer', 'not_found', 'not_checkable'])), name='measures_quotecheck_state_known', violation_error_message='Choose the state from the list.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='quotecheck',
            trigger=pgtrigger.compiler.Trigger(name='public_change_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from new_rows) select array(select distinct m.id from changed c join measures_citation i on i.id = c.citation_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='de3b2cd9d1292dddf4b2ee139b6fe12bfa98010a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_public_change_insert_9f1a9', referencing='REFERENCING NEW TABLE AS new_rows ', table='measures_quotecheck', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='quotecheck',
            trigger=pgtrigger.compiler.Trigger(name='public_change_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows union all select * from new_rows) select array(select distinct m.id from changed c join measures_citation i on i.id = c.citation_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='1189d28b7174d032223ff62fe18f8385fc85f4d5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_public_change_update_a23ab', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='measures_quotecheck', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='quotecheck',
            trigger=pgtrigger.compiler.Trigger(name='public_change_delete', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE found bigint[];', func="\n                found := (with changed as (select * from old_rows) select array(select distinct m.id from changed c join measures_citation i on i.id = c.citation_id join measures_measure m on m.id = i.measure_id where m.workflow = 'published'));\n                if cardinality(found) > 0 then perform note_public_change(found); end if;\n                return null;\n            ", hash='39eabc29b2b4c3aadaf9372a82badc66890fced1', level='STATEMENT', operation='DELETE', pgid='pgtrigger_public_change_delete_39b26', referencing='REFERENCING OLD TABLE AS old_rows ', table='measures_quotecheck', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='quotecheck',
            trigger=pgtrigger.compiler.Trigger(name='public_change_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func='perform note_public_change(null); return null;', hash='9f780735938003a1ccc4081e3ced2916292268a5', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_public_change_truncate_91c0f', table='measures_quotecheck', when='AFTER')),
        ),
        migrations.RunSQL(VECTOR),
        migrations.RunSQL(FOUND),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
