"""All groups reach double codings, each its own; editors and coordinators decide where they differ."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = {
    "view_doublecoding": ("analyst", "editor", "coordinator", "auditor"),
    "change_doublecoding": ("editor", "coordinator"),
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the permissions, which Django itself creates only after migrating, and give them to the groups."""
    config = apps.get_app_config("measures")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    for codename, groups in GROUPS.items():
        (found,) = apps.get_model("auth", "Permission").objects.filter(
            content_type__app_label="measures", codename=codename
        )
        for group in apps.get_model("auth", "Group").objects.filter(name__in=groups):
            group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [("observatory", "0009_rights_of_coverage"), ("measures", "0013_double_codings")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
