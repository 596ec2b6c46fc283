"""The groups may read or change the site and its roles, as `observatory/rights.py` has it."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from observatory.rights import RIGHTS


def add_rights(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add those of the two new tables, whose permissions Django itself creates only after migrating."""
    config = apps.get_app_config("countries")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="countries", content_type__model__in=("site", "role")
    )
    for name, rights in RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.get(name=name)
        group.permissions.add(*permissions.filter(codename__in=rights["countries"]))


class Migration(migrations.Migration):
    dependencies = [("observatory", "0003_groups"), ("countries", "0002_site_and_roles")]
    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop)]
