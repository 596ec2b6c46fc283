from django.db import migrations

FIRST_EVENTS = """
    insert into countries_formeraddressevent
        (pgh_created_at, pgh_label, pgh_obj_id, id, kind, former, record, gone, since)
    select f.since, 'insert', f.id, f.id, f.kind, f.former, f.record, f.gone, f.since
    from countries_formeraddress f
    where not exists (select from countries_formeraddressevent e where e.id = f.id)
    order by f.id
"""
"""Former addresses from before their history: undoing a merge gives back what the last event before it says."""


class Migration(migrations.Migration):
    dependencies = [("countries", "0002_history_of_former_addresses")]
    operations = [migrations.RunSQL(FIRST_EVENTS, migrations.RunSQL.noop)]
