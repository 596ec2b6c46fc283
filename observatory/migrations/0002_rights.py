"""Who may what with feeds and background work: analysts prepare and try feeds, editors also decide what is public."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ANALYST = {
    "countries": ("view_indicatorfeed", "add_indicatorfeed", "change_indicatorfeed", "view_feedrun", "start_feedrun"),
    "observatory": ("view_backgroundjob",),
}
EDITOR = {
    "countries": ("delete_indicatorfeed", "decide_feedrun"),
    "observatory": ("manage_backgroundjob",),
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the rights, which Django itself creates only after migrating."""
    for label in ("countries", "observatory"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    group, permission = apps.get_model("auth", "Group").objects, apps.get_model("auth", "Permission").objects
    for name, rights in (("analyst", ANALYST), ("editor", ANALYST), ("editor", EDITOR)):
        for label, codenames in rights.items():
            found = permission.filter(content_type__app_label=label, codename__in=codenames)
            group.get(name=name).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("observatory", "0001_background_work"),
        ("countries", "0009_feeds_of_indicators"),
        ("measures", "0004_groups"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
