from tortoise import migrations
from tortoise.migrations import operations as ops
from core.store.records import new_id
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("likeness", "0003_review")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PhotoFeatureRecord",
            fields=[
                (
                    "id",
                    fields.CharField(
                        primary_key=True, default=new_id, unique=True, db_index=True, max_length=32
                    ),
                ),
                ("workspace_id", fields.CharField(max_length=32)),
                ("sha256", fields.CharField(max_length=64)),
                ("provider", fields.CharField(max_length=64)),
                ("seen", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "photo_feature",
                "app": "likeness",
                "unique_together": (("workspace_id", "sha256", "provider"),),
                "pk_attr": "id",
                "table_description": "What one provider saw on a photo, so that it is looked at once. Erased with the photo.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="DraftRecord",
            name="notes",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="JobRecord",
            name="provider",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="WorkerRecord",
            name="provider",
            field=fields.CharField(default="", db_default="", max_length=64),
        ),
    ]
