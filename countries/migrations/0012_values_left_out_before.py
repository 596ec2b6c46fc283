from django.db import migrations

LEAVE_OUT = """
    update countries_heldvalue h set is_left_out = true from countries_feedrun r
    where r.id = h.run_id and r.state = 'published' and h.because = 'unit'
"""
"""What did not fit the unit stayed out when a person published the rest of its run."""


class Migration(migrations.Migration):

    dependencies = [
        ('countries', '0011_hold_values_of_feeds'),
    ]

    operations = [migrations.RunSQL(LEAVE_OUT, migrations.RunSQL.noop)]
