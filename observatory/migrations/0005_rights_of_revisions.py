"""Both groups may propose changes to public records, read what others propose, and comment."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODENAMES = ("add_revision", "view_revision", "add_comment", "view_comment")


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the permissions, which Django itself creates only after migrating, and give them to the groups."""
    config = apps.get_app_config("foundation")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="foundation", codename__in=CODENAMES
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=("analyst", "editor")):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("observatory", "0004_second_factors"), ("foundation", "0004_revisions")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
