"""Countries of accounts, and the groups of coordinators and auditors, with the rights of `observatory/rights.py`."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from observatory.rights import RIGHTS

NEW = ("coordinator", "auditor")


def create_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the new groups with their permissions, which Django itself creates only after migrating."""
    for label in ("auth", "axes", "foundation", "countries", "measures", "observatory"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for name in NEW:
        group, _is_new = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for label, codenames in RIGHTS[name].items():
            group.permissions.add(*permissions.filter(content_type__app_label=label, codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("observatory", "0005_rights_of_revisions"),
        ("countries", "0001_initial"),
        ("foundation", "0004_revisions"),
        ("measures", "0003_search"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("axes", "0010_accessattemptexpiration"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="countries.country",
                        verbose_name="country",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "country of an account",
                "verbose_name_plural": "countries of an account",
                "ordering": ["country__sort_name_en"],
                "permissions": [
                    ("all_countries", "Can work on the records of all countries"),
                    ("give_teams", "Can invite people and give them countries"),
                ],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "country"),
                        name="observatory_membership_unique",
                        violation_error_message="The account has this country already.",
                    )
                ],
            },
        ),
        migrations.RunPython(create_groups, migrations.RunPython.noop),
    ]
