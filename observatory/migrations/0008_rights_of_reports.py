"""All groups read reports of errors; editors and coordinators answer them."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = {
    "view_errorreport": ("analyst", "editor", "coordinator", "auditor"),
    "change_errorreport": ("editor", "coordinator"),
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
    dependencies = [("observatory", "0007_rights_of_releases"), ("measures", "0009_error_reports")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
