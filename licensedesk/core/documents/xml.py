"""The one place that has an XML parser: hardened, for signed documents and for scanners' files.

lxml costs 26 ms of start time and is imported where something is parsed: most commands read no XML.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, cast

from licensedesk.core.errors import LicenseFileError
from licensedesk.core.files import resource
from licensedesk.core.names import visible

if TYPE_CHECKING:
    from lxml import etree

MIB = 1 << 20
_MAX_REASON = 200
_CHUNK = 1 << 18
_PROLOG_LIMIT = 1 << 16

_DECLARATION = re.compile(
    r"""<\?xml\s+version\s*=\s*(["'])1\.0\1(\s+encoding\s*=\s*(["'])utf-8\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*\?>""",
    re.ASCII | re.IGNORECASE,
)
_DECLARATION_START = re.compile(r"<\?xml\s")
_NAMESPACE = re.compile(r"\{urn:[^{}\s]*\}")
_DOCTYPE = re.compile(rb"<!\s*(doctype|entity)", re.IGNORECASE)


def _one_line(error: Exception) -> str:
    """A parser's message, which quotes the file, made fit for the middle of a sentence."""
    message = _NAMESPACE.sub("", str(getattr(error, "msg", error)))
    text = visible(" ".join(message.split())).replace("., line", ", line")
    return text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}..."


# -- signed documents --------------------------------------------------------------------------------


@cache
def _schema(name: str) -> tuple[etree.XMLSchema, Lock]:
    """A schema of resources/schemas, and the lock that keeps its error log to one thread at a time."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(resource("schemas", name)), parser)), Lock()


def _check_text(payload: bytes, *, file: str, kind: str) -> None:
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LicenseFileError("bad-encoding", file=file, reason=f"byte {error.start} is none") from error
    if text.startswith("\ufeff"):
        # Documents are signed as LicenseDesk writes them, without one; UTF-8 needs none.
        raise LicenseFileError("bad-encoding", file=file, reason="it begins with a byte order mark")
    if "\0" in text:
        raise LicenseFileError("bad-encoding", file=file, reason="it has a NUL character")
    if _DOCTYPE.search(payload):
        raise LicenseFileError("doctype-forbidden", file=file)
    if _DECLARATION_START.match(text) and not _DECLARATION.match(text):
        raise LicenseFileError("schema", file=file, kind=kind, reason="it is not XML 1.0 in UTF-8")


def _odd_node(root: etree._Element) -> str | None:
    """What a schema lets pass, but two readers may read as two things; None if there is nothing of it."""
    from lxml import etree

    outside = root.getprevious() is not None or root.getnext() is not None
    odd = next(root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity), None)
    if outside or odd is not None:
        return "it has a comment, a processing instruction or an entity"
    # xsi:schemaLocation and xsi:type would let the document choose its own schema.
    if any(str(name).startswith("{") for node in root.iter() for name in node.attrib):
        return "an attribute has a namespace"
    return None


def parse_signed(payload: bytes, *, file: str, schema: str, kind: str, limit: int = MIB) -> etree._Element:
    """The root element of a verified payload, valid against the closed schema `schema` (a file of
    resources/schemas). UTF-8 without byte order mark, XML 1.0, no comments, no processing instructions.

    `kind` names the document in sentences. Raises LicenseFileError: `too-large`, `bad-encoding`,
    `doctype-forbidden`, `schema`.
    """
    from lxml import etree

    if len(payload) > limit:
        raise LicenseFileError("too-large", file=file, size=len(payload), limit=limit)
    _check_text(payload, file=file, kind=kind)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(payload, parser)
    except etree.XMLSyntaxError as error:
        raise LicenseFileError("schema", file=file, kind=kind, reason=_one_line(error)) from error
    reason = _odd_node(root) or _schema_fault(root, schema)
    if reason is not None:
        raise LicenseFileError("schema", file=file, kind=kind, reason=reason)
    return root


def _schema_fault(root: etree._Element, name: str) -> str | None:
    from lxml import etree

    schema, lock = _schema(name)
    with lock:
        try:
            schema.assertValid(root)
        except etree.DocumentInvalid as error:
            return _one_line(error)
    return None


def to_bytes(element: etree._Element) -> bytes:
    """UTF-8 XML with declaration, indented, a newline at the end; the same element gives the same bytes."""
    from lxml import etree

    body = etree.tostring(
        element, encoding="UTF-8", xml_declaration=False, pretty_print=True, with_tail=False
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


# -- scanners' files ---------------------------------------------------------------------------------

# What may stand before the root element. The order matters: the bare document type is the only one allowed.
# No possessive quantifier on a group: Python before 3.11.5, as of Debian 12, reads them wrongly.
_PROLOG = re.compile(
    rb"""(?:\xef\xbb\xbf)?
    (?:\s++ | <\?(?:[^?]|\?(?!>))*\?> | <!--(?:[^-]|-(?!->))*--> | <!DOCTYPE\s+[\w:.-]++\s*+>)*""",
    re.VERBOSE,
)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)[\s/>]")
_ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
# All agree with ASCII in the characters of the prolog, so that what is checked is what is parsed.
_ENCODINGS = frozenset({b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252"})


def _root_name(head: bytes, *, file: str) -> str:
    """The local name of the root element, once everything before it has been judged."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
        raise LicenseFileError("bad-encoding", file=file, reason="it has NUL characters, as UTF-16 has")
    encoding = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    if encoding and encoding[1].lower() not in _ENCODINGS:
        name = visible(encoding[1].decode("ascii", "replace"))
        raise LicenseFileError("bad-encoding", file=file, reason=f"its encoding {name} is not read here")
    prolog = _PROLOG.match(head)
    rest = head[prolog.end() if prolog else 0 :]
    if _DOCTYPE.match(rest):
        raise LicenseFileError("doctype-forbidden", file=file)
    root = _ROOT.match(rest)
    if root is None:
        raise LicenseFileError("truncated-file", file=file, reason="no XML element begins it")
    return root[1].decode("ascii")


def _drop_read(root: etree._Element, wanted: frozenset[str]) -> None:
    """Free what lies before the place where the parser is, so that memory stays flat on any file.

    The last child of each element may still be open and is kept; one that is wanted is kept whole.
    """
    node = root
    while len(node) and node.tag not in wanted:
        del node[:-1]
        node = node[-1]


def iter_import(
    source: BinaryIO, *, file: str, tags: Collection[str], limit: int = 1024 * MIB
) -> Iterator[etree._Element]:
    """Each element of `source` whose name is one of `tags` (as lxml writes names), in the file's order.

    Use an element before asking for the next: it is emptied then. A bare `<!DOCTYPE name>` and processing
    instructions are allowed, entities never; texts and attributes have at most 10 MB, nesting 256 levels.
    Whoever writes what is read must be able to take it back: a fault may show at the file's very end.
    Raises LicenseFileError: `too-large`, `bad-encoding`, `doctype-forbidden`, `unreadable-file`,
    `truncated-file` (not well formed to its end).
    """
    from lxml import etree

    wanted = frozenset(tags)
    head = _read(source, _PROLOG_LIMIT, file=file)
    # The start of the root element is the earliest moment at which its tree can be taken hold of.
    root_tag = f"{{*}}{_root_name(head, file=file)}"
    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=(*wanted, root_tag),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        collect_ids=False,
    )
    size, chunk = 0, head
    root: etree._Element | None = None
    try:
        while chunk:
            size += len(chunk)
            if size > limit:
                raise LicenseFileError("too-large", file=file, size=size, limit=limit)
            parser.feed(chunk)
            for event, read in parser.read_events():
                # Only elements have these two events; the stubs have all events in one type.
                element = cast("etree._Element", read)  # noqa: SLF001 - lxml's name of its public type
                if root is None:
                    root = element
                if event == "end" and element.tag in wanted:
                    yield element
                    element.clear(keep_tail=True)  # type: ignore[call-arg]  # unknown to the stubs
            if root is not None:
                _drop_read(root, wanted)
            chunk = _read(source, _CHUNK, file=file)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise LicenseFileError("truncated-file", file=file, reason=_one_line(error)) from error


def _read(source: BinaryIO, size: int, *, file: str) -> bytes:
    try:
        return source.read(size)
    except OSError as error:
        reason = error.strerror or str(error)
        raise LicenseFileError("unreadable-file", file=file, reason=reason) from error
