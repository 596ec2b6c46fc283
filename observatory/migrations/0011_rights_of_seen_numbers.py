"""Analysts and editors keep the ledger of numbers, and auditors read it."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

WRITES = ("add_seennumber", "change_seennumber", "delete_seennumber", "view_seennumber")
RIGHTS = {"analyst": WRITES, "editor": WRITES, "coordinator": WRITES, "auditor": ("view_seennumber",)}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the permissions, which Django itself creates only after migrating, and give them to the groups."""
    config = apps.get_app_config("measures")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="measures")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        group.permissions.add(*permissions.filter(codename__in=RIGHTS[group.name]))


class Migration(migrations.Migration):
    dependencies = [("observatory", "0010_rights_of_double_codings"), ("measures", "0014_numbers_of_acts")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
