"""The two groups of accounts, with the rights of `observatory/rights.py`."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from observatory.rights import RIGHTS


def create_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the groups with their permissions, which Django itself creates only after migrating."""
    for label in ("foundation", "countries", "measures", "observatory"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name, rights in RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.create(name=name)
        for label, codenames in rights.items():
            group.permissions.add(*permissions.filter(content_type__app_label=label, codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("observatory", "0002_sign_ins"),
        ("foundation", "0002_imports"),
        ("countries", "0001_initial"),
        ("measures", "0003_search"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
