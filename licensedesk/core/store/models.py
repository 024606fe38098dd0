"""Tables of a site: fields and constraints only. The migrations create them; a test compares the two.

Days are text `2026-11-21`, time stamps text as `types.stamp` writes them: text order is time order in
every engine. Large texts are judged by the code that writes them; what must never be false stands here.
"""

from __future__ import annotations

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
    """The one row that every writing transaction locks first; `revision` counts those transactions.

    `audit_seq` and `audit_hash` are the head of the audit chain, so that a cut-off end is seen.
    """

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
    """What `site set` changes; a key that is not there has its default (core/settings.py)."""

    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "setting"


class Server(Model):
    """One row per server of the tree; only the primary has no parent."""

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
    """A product is known once a trusted issuer may license it, and stays known."""

    id = AutoField()
    name = TextField(unique=True)

    class Meta:
        table_name = "product"


class Issuer(Model):
    """Who may sign license key files, with the public key that was trusted."""

    id = AutoField()
    name = TextField(unique=True)
    key_id = TextField(unique=True)
    public_key = TextField()
    added_at = TextField()

    class Meta:
        table_name = "issuer"


class IssuerProduct(Model):
    """What an issuer may license."""

    issuer = ForeignKeyField(Issuer, on_delete="CASCADE", backref="products")
    product = ForeignKeyField(Product, on_delete="RESTRICT")

    class Meta:
        table_name = "issuer_product"
        primary_key = CompositeKey("issuer", "product")


class License(Model):
    """A product license and its original bytes; a deregistered one stays, with who and when.

    `host_name` keeps where it was registered when that server is gone.
    """

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
    """What the primary has distributed to one relay of one product."""

    server = ForeignKeyField(Server, on_delete="CASCADE", backref="allocations")
    product = ForeignKeyField(Product, on_delete="RESTRICT")
    quantity = IntegerField(constraints=[Check("quantity BETWEEN 1 AND 999999999")])
    changed_at = TextField()
    changed_by = TextField()

    class Meta:
        table_name = "allocation"
        primary_key = CompositeKey("server", "product")


class Node(Model):
    """A discovered device; "" is unknown. `macs` are joined by spaces, `ip_key` is the order of `ip`.

    One index a sorted column. Each ends with what lists are filtered by, so that no list reads rows that
    it leaves out: walking a whole index takes a tenth of that (core/nodes/queries.py chooses).
    """

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
    """Managed, discovered and excluded nodes per managing source and product, kept exact with them."""

    source = ForeignKeyField(Server, on_delete="CASCADE", index=False)
    product = ForeignKeyField(Product, on_delete="RESTRICT", index=False)
    state = TextField(constraints=[_one_of("state", "discovered", "managed", "excluded")])
    nodes = IntegerField(constraints=[Check("nodes >= 0")])

    class Meta:
        table_name = "node_count"
        primary_key = CompositeKey("source", "product", "state")


class AuditEntry(Model):
    """One administrator's action; `hash` chains it to the entry before (core/audit.py)."""

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
    """Something an administrator should see: a code and figures, fired once per crossing."""

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


class Document(Model):
    """The License.xml of each range as last issued; the sharing source names the range."""

    source = ForeignKeyField(Server, primary_key=True, on_delete="CASCADE")
    version = IntegerField()
    issued_at = TextField()
    digest = TextField()
    content = BlobField()

    class Meta:
        table_name = "document"


class DocumentDigest(Model):
    """Every document ever issued, by its digest: what a server says it holds gets its version back."""

    digest = TextField(primary_key=True)
    version = IntegerField()
    source_host_name = TextField()

    class Meta:
        table_name = "document_digest"


class BpLicense(Model):
    """BPLICENSE: when the system license was last uploaded, that is, when what servers hold changed."""

    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    uploaded_at = TextField()

    class Meta:
        table_name = "bplicense"


class BpConfig(Model):
    """BPCONFIG: `EM/SRLC/LicensedLastModifiedData` is the last fully successful distribution."""

    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "bpconfig"


class Enrolment(Model):
    """A server's agent: invited by a token, enrolled once its key is pinned. The token is void then."""

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
    """What was last sent to a server and what it last reported; everything else is derived from it.

    `refused_code` is why the last report was not believed; a good one clears it.
    """

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


class Presence(Model):
    """Whether a server's agent is connected, by the last word of the broker; `at` is when that was heard."""

    server = ForeignKeyField(Server, primary_key=True, on_delete="CASCADE")
    online = BooleanField()
    at = TextField()

    class Meta:
        table_name = "presence"


class Clearance(Model):
    """A removed server whose message and report still have to be cleared from the transport."""

    server = TextField(primary_key=True)
    removed_at = TextField()

    class Meta:
        table_name = "clearance"


class Distribution(Model):
    """History: one run of the distributor, why it began, and how far it came."""

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


GROUND_FLOOR: tuple[type[Model], ...] = (
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
DISTRIBUTION: tuple[type[Model], ...] = (
    Document,
    DocumentDigest,
    BpLicense,
    BpConfig,
    Enrolment,
    LedgerEntry,
    Presence,
    Clearance,
    Distribution,
)
MODELS = GROUND_FLOOR + DISTRIBUTION
