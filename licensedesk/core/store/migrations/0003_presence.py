"""Presence: whether the broker says that a server's agent is connected, and since when it has said so.

Frozen: a copy of the models of that day, independent of store/models.py. Never edited afterwards.
"""

from __future__ import annotations

from peewee import BooleanField, ForeignKeyField, Model, TextField


class Server(Model):
    id = TextField(primary_key=True)

    class Meta:
        table_name = "server"


class Presence(Model):
    server = ForeignKeyField(Server, primary_key=True, on_delete="CASCADE")
    online = BooleanField()
    at = TextField()

    class Meta:
        table_name = "presence"


def up(migrator, db):
    with db.bind_ctx((Server, Presence)):
        db.create_tables((Presence,), safe=False)
