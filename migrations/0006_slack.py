from tortoise import migrations
from tortoise.migrations import operations as ops
from core.store.records import new_id
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("likeness", "0005_permissions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="InstallationRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("platform", fields.CharField(max_length=16)),
                ("external_id", fields.CharField(max_length=64)),
                ("name", fields.CharField(default="", max_length=200)),
                ("token", fields.TextField(default="", unique=False)),
                ("scopes", fields.TextField(default="", unique=False)),
                ("bot_id", fields.CharField(default="", max_length=64)),
                ("bot_user_id", fields.CharField(default="", max_length=64)),
                ("installed_by", fields.CharField(default="", max_length=64)),
                ("installed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("removed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "installation",
                "app": "likeness",
                "unique_together": (("platform", "external_id"),),
                "pk_attr": "id",
                "table_description": "The bot in a platform's workspace that let it in, and since when it is out again.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InstallStateRecord",
            fields=[
                (
                    "digest",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "install_state",
                "app": "likeness",
                "pk_attr": "digest",
                "table_description": "An installation that somebody began in a browser. Used once, by deleting it.",
            },
            bases=["Model"],
        ),
    ]
