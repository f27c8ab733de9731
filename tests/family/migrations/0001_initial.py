from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Parent",
            fields=[
                ("id", fields.IntField(primary_key=True, generated=True)),
                ("town", fields.CharField(max_length=40)),
                ("name", fields.CharField(max_length=40)),
                ("email", fields.CharField(max_length=40, unique=True)),
                ("nickname", fields.CharField(max_length=20, null=True)),
                ("shoe_size", fields.IntField(null=True)),
            ],
            options={
                "table": "family_parent",
                "app": "family",
                "pk_attr": "id",
                "unique_together": (("town", "name"),),
                "indexes": [Index(fields=["name", "email"])],
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Child",
            fields=[
                ("id", fields.IntField(primary_key=True, generated=True)),
                (
                    "parent",
                    fields.ForeignKeyField(
                        "family.Parent",
                        related_name="children",
                        source_field="parent_id",
                        db_constraint=True,
                        on_delete=fields.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=40, db_index=True)),
                ("toy", fields.CharField(max_length=40, null=True)),
            ],
            options={"table": "family_child", "app": "family", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
