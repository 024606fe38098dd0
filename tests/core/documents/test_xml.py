"""The hardened parser: signed documents with a closed schema, scanners' files streamed."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from licensedesk.core.documents.xml import iter_import, parse_signed, to_bytes
from licensedesk.core.errors import LicenseFileError

NAMESPACE = "urn:licensedesk:product-license:1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
INNER = (
    "<Issuer>Acme</Issuer><Serial>S-1</Serial><Product>P</Product><Quantity>{quantity}</Quantity>"
    "<Kind>permanent</Kind><ValidFrom>2026-01-01</ValidFrom>"
)


def document(*, quantity: str = "5", attributes: str = "", inner: str = INNER) -> str:
    return (
        f'<ProductLicense xmlns="{NAMESPACE}"{attributes}>{inner.format(quantity=quantity)}</ProductLicense>'
    )


def parse(payload: bytes | str) -> etree._Element:
    content = payload.encode() if isinstance(payload, str) else payload
    return parse_signed(content, file="a.lic", schema="ProductLicense.xsd", kind="product license")


def refused(payload: bytes | str) -> LicenseFileError:
    with pytest.raises(LicenseFileError) as refusal:
        parse(payload)
    assert refusal.value.figures["file"] == "a.lic"
    assert refusal.value.message.isprintable()
    assert "?" not in refusal.value.message
    return refusal.value


DECLARATIONS = [
    "",
    '<?xml version="1.0"?>',
    "<?xml version='1.0' encoding='utf-8'?>\n",
    '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\r\n',
]


@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_parse(declaration: str) -> None:
    root = parse(declaration + document())
    assert root.tag == f"{{{NAMESPACE}}}ProductLicense"
    assert [child.text for child in root] == ["Acme", "S-1", "P", "5", "permanent", "2026-01-01"]


ENCODINGS = {
    "UTF-16": document().encode("utf-16"),
    "UTF-16 without mark": document().encode("utf-16-be"),
    "UTF-32": document().encode("utf-32"),
    "latin-1": document(inner="é").encode("latin-1"),
    "windows-1252": document(inner="€").encode("cp1252"),
    "shift_jis": document(inner="統").encode("shift_jis"),
    "byte order mark": document().encode("utf-8-sig"),
    "NUL": document(inner="\0"),
    "NUL at the end": document() + "\0",
    "overlong": b"<a>\xc0\xbc</a>",
    "surrogate": b"<a>\xed\xa0\x80</a>",
    "cut in a character": document(inner="é").encode()[:-20][:64] + b"\xc3",
    "gzip": b"\x1f\x8b\x08\x00",
}


@pytest.mark.parametrize("payload", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_only_utf_8_without_mark_is_read(payload: bytes | str) -> None:
    assert refused(payload).code == "bad-encoding"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "bare": "<!DOCTYPE ProductLicense>" + document(),
    "system": '<!DOCTYPE ProductLicense SYSTEM "file:///etc/passwd">' + document(),
    "XXE": '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(quantity="&x;"),
    "parameter entity": '<!DOCTYPE p [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>' + document(),
    "billion laughs": f'<!DOCTYPE p [<!ENTITY l0 "ha">{LAUGHS}]>' + document(quantity="&l9;"),
    "quadratic": f'<!DOCTYPE p [<!ENTITY x "{"a" * 50_000}">]>' + document(quantity="&x;" * 10_000),
    "entity alone": document(inner='<!ENTITY x "y">'),
    "in lower case": "<!doctype p>" + document(),
    "with a space": "<! DOCTYPE p>" + document(),
    "behind the element": document() + "<!DOCTYPE p>",
    "in a comment": "<!-- <!DOCTYPE p> -->" + document(),
}


@pytest.mark.parametrize("payload", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_document_types_and_entities_are_never_read(payload: str) -> None:
    assert refused(payload).code == "doctype-forbidden"


SCHEMA = {
    "nothing": ("", "empty"),
    "no XML": ("license", "Start tag"),
    "UTF-7": ("+ADw-a+AD4-", "Start tag"),
    "UTF-7, declared": ('<?xml version="1.0" encoding="UTF-7"?>' + document(), "not XML 1.0"),
    "latin-1, declared": ('<?xml version="1.0" encoding="ISO-8859-1"?>' + document(), "not XML 1.0"),
    "XML 1.1": ('<?xml version="1.1"?>' + document(), "not XML 1.0"),
    "XML 1.1, with a line before": ('\n<?xml version="1.1"?>' + document(), "declaration"),
    "version missing": ('<?xml encoding="UTF-8"?>' + document(), "not XML 1.0"),
    "cut off": (document()[:-1], "line 1"),
    "two elements": (document() * 2, "Extra content"),
    "text behind": (document() + "x", "Extra content"),
    "undefined entity": (document(quantity="&x;"), "'x' not defined"),
    "control character": (document(quantity="\x01"), "invalid Char"),
    "control character by number": (document(quantity="&#1;"), "invalid xmlChar"),
    "other namespace": (document().replace(NAMESPACE, "urn:x"), "ProductLicense"),
    "no namespace": (document().replace(f' xmlns="{NAMESPACE}"', ""), "ProductLicense"),
    "other element": (f'<License xmlns="{NAMESPACE}"/>', "License"),
    "attribute": (document(attributes=' a="1"'), "'a'"),
    "10 MB attribute": (document(attributes=f' a="{"x" * 1_000_000}"'), "'a'"),
    "text between": (document(inner="x" + INNER), "Character content"),
    "member missing": (document(inner=INNER.replace("<Kind>permanent</Kind>", "")), "ValidFrom"),
    "member twice": (
        document(inner=INNER.replace("<Product>P</Product>", "<Product>P</Product>" * 2)),
        "Product",
    ),
    "other order": (
        document(inner=INNER.replace("<Issuer>Acme</Issuer>", "") + "<Issuer>A</Issuer>"),
        "Serial",
    ),
    "unknown member": (document(inner=INNER + "<Note/>"), "Note"),
    "element in a text": (document(quantity="<b>5</b>"), "Quantity"),
    "comment in a text": (document(quantity="<!-- 9 -->5"), "comment"),
    "comment before": ("<!-- x -->" + document(), "comment"),
    "comment behind": (document() + "<!-- x -->", "comment"),
    "processing instruction": (document(inner=INNER + "<?x y?>"), "processing instruction"),
    "stylesheet": ('<?xml-stylesheet href="x"?>' + document(), "processing instruction"),
    "own schema": (
        document(attributes=f' xmlns:x="{XSI}" x:schemaLocation="{NAMESPACE} /x.xsd"'),
        "namespace",
    ),
    "own type": (document(inner=INNER.replace("<Kind>", f'<Kind xmlns:x="{XSI}" x:type="x">')), "namespace"),
    "nil": (document(attributes=f' xmlns:x="{XSI.replace("-", "&#45;")}" x:nil="true"'), "namespace"),
    "100,000 levels": ("<a>" * 100_000, "depth"),
    "100,000 attributes": (document(attributes="".join(f' a{n}=""' for n in range(70_000))), "'a0'"),
    **{
        f"quantity {value}": (document(quantity=value), "Quantity")
        for value in (
            "",
            "0",
            "-1",
            "+5",
            "05",
            " 5",
            "5 ",
            "5\n",
            "5.0",
            "5e3",
            "1000000000",
            "\u0665",
            "0x5",
            "NaN",
        )
    },
}


@pytest.mark.parametrize(("payload", "reason"), SCHEMA.values(), ids=SCHEMA.keys())
def test_what_does_not_have_the_form_is_refused_with_the_reason(payload: str, reason: str) -> None:
    refusal = refused(payload)
    assert refusal.code == "schema"
    assert refusal.figures["kind"] == "product license"
    assert reason in refusal.figures["reason"]
    assert len(refusal.figures["reason"]) <= 203


def test_a_long_reason_is_cut_off() -> None:
    reason = refused(f"<{'x' * 1000}/>").figures["reason"]
    assert reason.startswith("Element 'xxx")
    assert reason.endswith("xxx...")
    assert len(reason) == 203


def test_a_character_by_number_and_a_section_of_text_are_plain_text() -> None:
    root = parse(document(quantity="<![CDATA[7]]>&#52;"))
    assert root[3].text == "74"


def test_size_is_judged_first() -> None:
    refusal = refused(b"\xff" * ((1 << 20) + 1))
    assert (refusal.code, refusal.figures["limit"]) == ("too-large", 1 << 20)
    assert refusal.figures["size"] > 1 << 20


def test_many_threads_may_read_at_once() -> None:
    seen: list[str] = []

    def read() -> None:
        for number in range(200):
            payload = document(quantity=str(number))  # only the first is refused
            try:
                seen.append(parse(payload)[3].text or "")
            except LicenseFileError as refusal:
                seen.append(refusal.code)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(4 * ["schema", *map(str, range(1, 200))])


def test_to_bytes_is_the_same_for_the_same_document() -> None:
    written = to_bytes(parse(document()))
    assert written.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<ProductLicense xmlns="urn:')
    assert written.endswith(b"</ProductLicense>\n")
    assert b"\n  <Issuer>Acme</Issuer>\n" in written
    assert to_bytes(parse(written)) == written


# -- scanners' files ---------------------------------------------------------------------------------


def texts(content: bytes | str, *, tags: tuple[str, ...] = ("host",), limit: int = 1 << 30) -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    read = iter_import(io.BytesIO(raw), file="scan.xml", tags=tags, limit=limit)
    return ["".join(str(text) for text in element.itertext()) for element in read]


def import_refused(content: bytes | str, *, limit: int = 1 << 30) -> LicenseFileError:
    with pytest.raises(LicenseFileError) as refusal:
        texts(content, limit=limit)
    assert refusal.value.figures["file"] == "scan.xml"
    assert refusal.value.message.isprintable()
    assert "?" not in refusal.value.message
    return refusal.value


BODY = "<run><host>a<b>1</b></host>\n<task/><host>c</host>tail<more><host>d</host></more></run>"


@pytest.mark.parametrize(
    "prolog",
    [
        "",
        "\ufeff",
        " \n",
        '<?xml version="1.0"?>',
        "<!DOCTYPE run>",
        "<!DOCTYPE  run >\n<!-- a-b -><? -->",
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE run>\n<?xml-stylesheet href="x"?>\n'
        "<!-- Nmap 7.93 scan initiated as: nmap -oX - 10.0.0.0/8 -->\n",
        '<?xml version="1.0" encoding="us-ascii" ?>',
    ],
)
def test_import(prolog: str) -> None:
    assert texts(prolog + BODY) == ["a1", "c", "d"]


def test_import_of_other_encodings() -> None:
    for encoding in ("iso-8859-1", "ISO-8859-15", "Windows-1252", "UTF-8"):
        raw = f'<?xml version="1.0" encoding="{encoding}"?><r><host>é</host></r>'.encode(encoding)
        assert texts(raw) == ["é"]


def test_import_of_namespaces_and_several_tags() -> None:
    content = '<x:r xmlns:x="urn:x"><x:host>1</x:host><host>2</host><other>3</other></x:r>'
    assert texts(content, tags=("{urn:x}host", "other")) == ["1", "3"]


def test_import_where_the_root_is_wanted() -> None:
    assert texts("<host>a<b>c</b></host>") == ["ac"]
    assert texts("<host>a<host>b</host></host>")[0] == "b"


def test_import_of_a_file_that_has_none() -> None:
    assert texts("<run/>") == []


FORBIDDEN = {
    "XXE": '<!DOCTYPE run [<!ENTITY x SYSTEM "file:///etc/passwd">]><run><host>&x;</host></run>',
    "internal subset": "<!DOCTYPE run []><run/>",
    "system": '<!DOCTYPE run SYSTEM "file:///etc/passwd"><run/>',
    "public": '<!DOCTYPE run PUBLIC "-//x//EN" "http://127.0.0.1/x.dtd"><run/>',
    "billion laughs": f'<!DOCTYPE run [<!ENTITY l0 "ha">{LAUGHS}]><run a="&l9;"/>',
    "no name": "<!DOCTYPE ><run/>",
    "in lower case": "<!doctype run><run/>",
    "entity": '<!ENTITY x "y"><run/>',
    "behind other things": "<?xml version='1.0'?><!-- x --><?y z?>\n<!DOCTYPE run [<!ENTITY x 'y'>]><run/>",
}


@pytest.mark.parametrize("content", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_import_reads_no_document_type_but_the_bare_one(content: str) -> None:
    assert import_refused(content).code == "doctype-forbidden"


IMPORT_ENCODINGS = {
    "UTF-16": '<!DOCTYPE run [<!ENTITY x "y">]><run/>'.encode("utf-16"),
    "UTF-16 without mark": '<!DOCTYPE run [<!ENTITY x "y">]><run/>'.encode("utf-16-le"),
    "UTF-32": "<run/>".encode("utf-32-be"),
    "UTF-7, declared": b'<?xml version="1.0" encoding="UTF-7"?><run/>',
    "EBCDIC, declared": b'<?xml version="1.0" encoding="IBM037"?><run/>',
    "unknown, with a bidi character": '<?xml version="1.0" encoding="\u202e"?><run/>'.encode(),
}


@pytest.mark.parametrize("content", IMPORT_ENCODINGS.values(), ids=IMPORT_ENCODINGS.keys())
def test_import_refuses_encodings_in_which_a_document_type_could_hide(content: bytes) -> None:
    assert import_refused(content).code == "bad-encoding"


TRUNCATED = {
    "nothing": "",
    "no XML": "host,ip\na,10.0.0.1\n",
    "EBCDIC": '<!DOCTYPE run [<!ENTITY x "y">]><run/>'.encode("cp037"),
    "no element": "<?xml version='1.0'?><!-- x -->",
    "comment without end": "<!-- " + "-" * 100_000,
    "instruction without end": "<?x " + "?" * 100_000,
    "a long prolog": "<!-- x -->" * 10_000 + "<run/>",
    "cut in the root": "<run",
    "cut in the root's attributes": "<run a='",
    "cut before the end": BODY[:-1],
    "cut in a host": BODY[:20],
    "wrong end": "<run><host></run>",
    "second element": "<run/><run/>",
    "two document types": "<!DOCTYPE run><!DOCTYPE run><run/>",
    "undefined entity": "<run><host>&x;</host></run>",
    "undefined entity with a document type": "<!DOCTYPE run><run><host a='&x;'/></run>",
    "XML 2": "<?xml version='2.0'?><run>&x;</run>",
    "control character": "<run>\x01</run>",
    "not UTF-8": b"<run>\xff</run>",
    "100,000 levels": "<run>" + "<a>" * 100_000,
    "a text of 11 MB": "<run><host>" + "x" * 11_000_000 + "</host></run>",
    "an attribute of 11 MB": "<run><host a='" + "x" * 11_000_000 + "'/></run>",
}


@pytest.mark.parametrize("content", TRUNCATED.values(), ids=TRUNCATED.keys())
def test_import_refuses_what_is_not_well_formed_to_its_end(content: bytes | str) -> None:
    assert import_refused(content).code == "truncated-file"


def test_every_truncation_of_a_file_is_noticed() -> None:
    whole = "<?xml version='1.0'?>\n<!DOCTYPE run>\n" + BODY
    assert texts(whole)
    for size in range(len(whole)):
        assert import_refused(whole[:size]).code in {"truncated-file", "doctype-forbidden"}


def test_elements_before_the_fault_are_handed_out() -> None:
    read = iter_import(io.BytesIO(("<run>" + "<host/>" * 50_000).encode()), file="x", tags=("host",))
    assert next(read).tag == "host"
    with pytest.raises(LicenseFileError):
        list(read)


def test_import_is_bounded() -> None:
    assert import_refused("<run>" + " " * 2_000 + "</run>", limit=1_000).code == "too-large"


class Endless(io.RawIOBase):
    """A file that grows while it is read, of many small elements, wanted or not."""

    def __init__(self, element: bytes, size: int) -> None:
        self._pieces = self._made(element, size)
        self._left = b"<?xml version='1.0'?><run>"

    def _made(self, element: bytes, size: int) -> Iterator[bytes]:
        many = element * (100_000 // len(element))
        for _ in range(size // len(many)):
            yield many
        yield b"</run>"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._left = self._left or next(self._pieces, b"")
        piece, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("element", "count"),
    [
        (b"<host><address addr='10.0.0.1'/>x</host>\n", True),
        (b"<other a='b'><c>d</c><e/></other> text ", False),
        (b"<!-- comment -->", False),
    ],
)
def test_memory_stays_flat(element: bytes, count: bool) -> None:
    size = 24_000_000
    before = _resident()
    read = iter_import(io.BufferedReader(Endless(element, size)), file="x", tags=("host",))
    assert bool(sum(1 for _ in read)) is count
    assert _resident() - before < 12_000_000


class Failing(io.RawIOBase):
    def read(self, _: int = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_disk_that_fails_while_reading() -> None:
    with pytest.raises(LicenseFileError) as refusal:
        list(iter_import(Failing(), file="x", tags=("host",)))  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.figures["reason"]) == ("unreadable-file", "Input/output error")


@given(st.text("<>/!?-[]&;'\"= abDOCTYPEENTIhostx:\n", max_size=80) | st.binary(max_size=40))
def test_whatever_comes_is_read_or_refused(content: str | bytes) -> None:
    raw = content.encode() if isinstance(content, str) else content
    for read in (lambda: texts(raw), lambda: texts(b"<run>" + raw + b"</run>"), lambda: parse(raw)):
        try:
            read()
        except LicenseFileError as refusal:
            codes = {"truncated-file", "doctype-forbidden", "bad-encoding", "schema"}
            assert refusal.code in codes  # noqa: PT017 - to be read is as good
