"""Parents and children as they are after the last migration."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Parent(Model):
    id = fields.IntField(primary_key=True)
    town = fields.CharField(max_length=40)
    name = fields.CharField(max_length=40)
    email = fields.CharField(max_length=40, unique=True)
    nickname = fields.CharField(max_length=80, default="none", db_default="none")

    class Meta:
        table = "family_parent"
        unique_together = (("town", "name"),)
        indexes = (("name", "email"),)


class Child(Model):
    id = fields.IntField(primary_key=True)
    parent = fields.ForeignKeyField("family.Parent", related_name="children", on_delete=fields.CASCADE)
    name = fields.CharField(max_length=40, db_index=True)

    class Meta:
        table = "family_child"
