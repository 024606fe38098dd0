"""Distribution: the documents of the ranges, the two time stamps, enrolment, ledger and history.

Frozen: a copy of the models of that day, independent of store/models.py. Never edited afterwards.
"""

from __future__ import annotations

from peewee import AutoField, BlobField, BooleanField, Check, ForeignKeyField, IntegerField, Model, TextField


class Server(Model):
    id = TextField(primary_key=True)

    class Meta:
        table_name = "server"


class Document(Model):
    source = ForeignKeyField(Server, primary_key=True, on_delete="CASCADE")
    version = IntegerField()
    issued_at = TextField()
    digest = TextField()
    content = BlobField()

    class Meta:
        table_name = "document"


class DocumentDigest(Model):
    digest = TextField(primary_key=True)
    version = IntegerField()
    source_host_name = TextField()

    class Meta:
        table_name = "document_digest"


class BpLicense(Model):
    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    uploaded_at = TextField()

    class Meta:
        table_name = "bplicense"


class BpConfig(Model):
    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "bpconfig"


class Enrolment(Model):
    server = ForeignKeyField(Server, primary_key=True, on_delete="CASCADE")
    token = TextField(null=True)
    token_expires_at = TextField(null=True)
    broker_password_hash = TextField()
    invited_at = TextField()
    key_id = TextField(null=True)
    public_key = TextField(null=True)
    enrolled_at = TextField(null=True)
    counter = IntegerField(default=0)

    class Meta:
        table_name = "enrolment"
        constraints = [
            Check("(key_id IS NULL) = (public_key IS NULL)"),
            Check("(key_id IS NULL) = (enrolled_at IS NULL)"),
            Check("(token IS NULL) = (token_expires_at IS NULL)"),
            Check("token IS NOT NULL OR key_id IS NOT NULL"),
        ]


class LedgerEntry(Model):
    server = ForeignKeyField(Server, primary_key=True, on_delete="CASCADE")
    sent_digest = TextField(null=True)
    sent_version = IntegerField(null=True)
    sent_message = TextField(null=True)
    sent_at = TextField(null=True)
    expires_at = TextField(null=True)
    attempts = IntegerField(default=0)
    retry_at = TextField(null=True)
    reported_digest = TextField(null=True)
    reported_version = IntegerField(null=True)
    reported_message = TextField(null=True)
    reported_state = TextField(null=True)
    reported_code = TextField(default="")
    reported_detail = TextField(default="")
    reported_at = TextField(null=True)
    agent_version = TextField(default="")
    unknown = BooleanField(default=False)
    refused_code = TextField(default="")

    class Meta:
        table_name = "ledger"


class Clearance(Model):
    server = TextField(primary_key=True)
    removed_at = TextField()

    class Meta:
        table_name = "clearance"


class Distribution(Model):
    id = AutoField()
    began_at = TextField()
    by = TextField()
    reason = TextField()
    version = IntegerField()
    servers = IntegerField()
    current = IntegerField(default=0)
    ended_at = TextField(null=True)
    outcome = TextField(null=True)

    class Meta:
        table_name = "distribution"


_TABLES = (
    Document,
    DocumentDigest,
    BpLicense,
    BpConfig,
    Enrolment,
    LedgerEntry,
    Clearance,
    Distribution,
)


def up(migrator, db):
    with db.bind_ctx((Server, *_TABLES)):
        db.create_tables(_TABLES, safe=False)
