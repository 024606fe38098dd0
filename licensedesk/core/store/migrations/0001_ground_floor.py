"""Ground floor: the site, its servers, trust, licenses, allocations, nodes, audit and events.

Frozen: a copy of the models of that day, independent of store/models.py. Never edited afterwards.
"""

from peewee import (
    SQL,
    AutoField,
    BlobField,
    BooleanField,
    Check,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    NodeList,
    TextField,
)


def _one_of(column: str, *values: str) -> SQL | NodeList:
    listed = ", ".join(f"'{value}'" for value in values)
    return Check(f"{column} IN ({listed})")


class Site(Model):
    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    name = TextField()
    deployment = TextField()
    version = IntegerField(constraints=[Check("version >= 0")])
    revision = IntegerField(default=0)
    created_at = TextField()
    audit_seq = IntegerField(default=0)
    audit_hash = TextField(default="")

    class Meta:
        table_name = "site"


class Setting(Model):
    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "setting"


class Server(Model):
    id = TextField(primary_key=True)
    host_name = TextField(unique=True)
    role = TextField(constraints=[_one_of("role", "primary", "relay", "managed")])
    parent = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="children")
    option = TextField(
        default="none", constraints=[_one_of('"option"', "none", "distribution", "registration")]
    )
    suspended = BooleanField(default=False)
    added_at = TextField()

    class Meta:
        table_name = "server"
        constraints = [
            Check("(role = 'primary') = (parent_id IS NULL)"),
            Check("role = 'relay' OR \"option\" = 'none'"),
            Check("role <> 'primary' OR NOT suspended"),
            Check("parent_id IS NULL OR parent_id <> id"),
        ]


Server.add_index(
    Server.index(Server.role, unique=True, where=SQL("role = 'primary'"), name="server_one_primary")
)


class Product(Model):
    id = AutoField()
    name = TextField(unique=True)

    class Meta:
        table_name = "product"


class Issuer(Model):
    id = AutoField()
    name = TextField(unique=True)
    key_id = TextField(unique=True)
    public_key = TextField()
    added_at = TextField()

    class Meta:
        table_name = "issuer"


class IssuerProduct(Model):
    issuer = ForeignKeyField(Issuer, on_delete="CASCADE", backref="products")
    product = ForeignKeyField(Product, on_delete="RESTRICT")

    class Meta:
        table_name = "issuer_product"
        primary_key = CompositeKey("issuer", "product")


class License(Model):
    id = AutoField()
    issuer = TextField()
    serial = TextField()
    product = ForeignKeyField(Product, on_delete="RESTRICT")
    quantity = IntegerField(constraints=[Check("quantity BETWEEN 1 AND 999999999")])
    kind = TextField(constraints=[_one_of("kind", "permanent", "term", "trial")])
    valid_from = TextField()
    valid_until = TextField(null=True)
    payload_sha256 = TextField()
    original = BlobField()
    server = ForeignKeyField(Server, null=True, on_delete="SET NULL", backref="licenses")
    host_name = TextField()
    registered_at = TextField()
    registered_by = TextField()
    deregistered_at = TextField(null=True)
    deregistered_by = TextField(null=True)

    class Meta:
        table_name = "license"
        constraints = [
            Check("deregistered_at IS NOT NULL OR server_id IS NOT NULL"),
            Check("(deregistered_at IS NULL) = (deregistered_by IS NULL)"),
            Check("(kind = 'permanent') = (valid_until IS NULL)"),
            Check("valid_until IS NULL OR valid_until >= valid_from"),
        ]


License.add_index(
    License.index(
        License.issuer,
        License.serial,
        unique=True,
        where=SQL("deregistered_at IS NULL"),
        name="license_registered_once",
    )
)


class Allocation(Model):
    server = ForeignKeyField(Server, on_delete="CASCADE", backref="allocations")
    product = ForeignKeyField(Product, on_delete="RESTRICT")
    quantity = IntegerField(constraints=[Check("quantity BETWEEN 1 AND 999999999")])
    changed_at = TextField()
    changed_by = TextField()

    class Meta:
        table_name = "allocation"
        primary_key = CompositeKey("server", "product")


class Node(Model):
    id = AutoField()
    source = ForeignKeyField(Server, on_delete="RESTRICT", index=False, backref="nodes")
    state = TextField(constraints=[_one_of("state", "discovered", "managed", "excluded")])
    product = ForeignKeyField(Product, on_delete="RESTRICT", index=False)
    host_name = TextField()
    ip = TextField()
    ip_key = BlobField()
    macs = TextField()
    os = TextField()
    os_family = TextField()
    inventory_id = TextField()
    first_seen = TextField()
    last_seen = TextField()

    class Meta:
        table_name = "node"
        indexes = (
            (("source", "product", "state"), False),
            (("host_name", "ip", "state", "source", "product"), False),
            (("ip_key", "state", "source", "product"), False),
            (("os", "state", "source", "product"), False),
            (("last_seen", "state", "source", "product"), False),
        )


class NodeCount(Model):
    source = ForeignKeyField(Server, on_delete="CASCADE", index=False)
    product = ForeignKeyField(Product, on_delete="RESTRICT", index=False)
    state = TextField(constraints=[_one_of("state", "discovered", "managed", "excluded")])
    nodes = IntegerField(constraints=[Check("nodes >= 0")])

    class Meta:
        table_name = "node_count"
        primary_key = CompositeKey("source", "product", "state")


class AuditEntry(Model):
    seq = IntegerField(primary_key=True)
    at = TextField()
    by = TextField()
    action = TextField()
    subject = TextField()
    before = TextField()
    after = TextField()
    hash = TextField()

    class Meta:
        table_name = "audit"


class Event(Model):
    id = AutoField()
    at = TextField(index=True)
    severity = TextField(constraints=[_one_of("severity", "info", "warning", "critical")])
    code = TextField()
    subject = TextField()
    figures = TextField()
    ended_at = TextField(null=True)
    acknowledged_at = TextField(null=True)
    acknowledged_by = TextField(null=True)

    class Meta:
        table_name = "event"


_TABLES = (
    Site,
    Setting,
    Server,
    Product,
    Issuer,
    IssuerProduct,
    License,
    Allocation,
    Node,
    NodeCount,
    AuditEntry,
    Event,
)


def up(migrator, db):
    with db.bind_ctx(_TABLES):
        db.create_tables(_TABLES, safe=False)
