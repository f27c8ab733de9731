from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("likeness", "0003_review")]

    initial = False

    operations = [
        ops.AddField(
            model_name="WorkspaceRecord",
            name="has_private_threads",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="WorkspaceRecord",
            name="trainers",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
    ]
