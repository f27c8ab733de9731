from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("likeness", "0002_many_machines")]

    initial = False

    operations = [
        ops.AddField(
            model_name="DraftPhotoRecord",
            name="is_shown",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="DraftPhotoRecord",
            name="preview_key",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="DraftRecord",
            name="answers",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="FindingRecord",
            name="draft_photo_ids",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="WorkspaceRecord",
            name="approvers",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="WorkspaceRecord",
            name="review_quorum",
            field=fields.IntField(default=1, db_default=1),
        ),
    ]
