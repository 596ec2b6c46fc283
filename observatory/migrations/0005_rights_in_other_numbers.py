"""The groups may record other numbers of acts, as `observatory/rights.py` has it."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from observatory.rights import RIGHTS


def add_rights(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add those of the new table, whose permissions Django itself creates only after migrating."""
    config = apps.get_app_config("measures")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="measures", content_type__model="referencealias"
    )
    for name, rights in RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.get(name=name)
        group.permissions.add(*permissions.filter(codename__in=rights["measures"]))


class Migration(migrations.Migration):
    dependencies = [("observatory", "0004_rights_in_site_and_roles"), ("measures", "0008_references")]
    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop)]
