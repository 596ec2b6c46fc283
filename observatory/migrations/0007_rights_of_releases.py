"""All groups may look at the list of releases."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = ("analyst", "editor", "coordinator", "auditor")


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the permission, which Django itself creates only after migrating, and give it to the groups."""
    config = apps.get_app_config("measures")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    (found,) = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="measures", codename="view_release"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [("observatory", "0006_teams"), ("measures", "0006_releases")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
