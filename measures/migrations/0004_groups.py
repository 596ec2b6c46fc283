"""The two groups of accounts: analysts enter and tag, editors also publish and keep the vocabulary."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ANALYST = {
    "measures": {
        "measure": "add change view import",
        "statusevent": "add change delete view",
        "relation": "add change delete view",
        "citation": "add change delete view",
        "source": "add change view",
        "issuingbody": "add change view",
        "topic": "view",
        "targetgroup": "view",
    },
    "countries": {
        "country": "change view",
        "mobilityrole": "add change view",
        "observation": "add change view",
        "indicator": "view",
    },
}
EDITOR = {
    "measures": {
        "measure": "publish delete",
        "source": "delete",
        "issuingbody": "delete",
        "topic": "add change delete",
        "targetgroup": "add change delete",
    },
    "countries": {
        "country": "add",
        "mobilityrole": "delete",
        "observation": "delete",
        "indicator": "add change delete",
    },
}


def create_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create `analyst` and `editor` with their permissions, which Django itself creates only after migrating."""
    for label in ("measures", "countries"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    analyst, editor = (apps.get_model("auth", "Group").objects.create(name=name) for name in ("analyst", "editor"))
    _grant(apps, analyst, ANALYST)
    _grant(apps, editor, ANALYST)
    _grant(apps, editor, EDITOR)


def _grant(apps: Apps, group, rights: dict[str, dict[str, str]]) -> None:
    permission = apps.get_model("auth", "Permission").objects
    for label, models in rights.items():
        for model, actions in models.items():
            codenames = [f"{action}_{model}" for action in actions.split()]
            group.permissions.add(*permission.filter(content_type__app_label=label, codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0003_primary_topic_is_a_topic"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
