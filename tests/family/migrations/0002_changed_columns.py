from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.store.rebuild import Rebuild


class Migration(migrations.Migration):
    dependencies = [("family", "0001_initial")]

    operations = [
        Rebuild(ops.AlterField("Parent", "nickname", fields.CharField(max_length=80, db_default="none"))),
        Rebuild(ops.RemoveField("Parent", "shoe_size")),
        Rebuild(ops.RemoveField("Child", "toy")),
    ]
