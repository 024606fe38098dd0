"""Every word that is shown can be translated, and is right for one and for several: read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from licensedesk.ui import dialogs

UI = Path(dialogs.__file__).parents[1]

TRANSLATING = {"tr", "_tr", "translate", "title", "say"}
"""What gives a text of the source in the window's language; `title` and `say` only as plain functions."""
WRAPPERS = {"text", "self.text", "self.what", "template", "sentence"}
"""What such a function is given by the one around it, or by a table that stands as a whole in one file."""
SHOWN = {
    **dict.fromkeys(("setText", "setToolTip", "setStatusTip", "setWindowTitle", "setTitle"), (0,)),
    **dict.fromkeys(
        ("setPlaceholderText", "setAccessibleName", "setAccessibleDescription", "setSuffix"), (0,)
    ),
    **dict.fromkeys(("label", "SectionTitle", "QLabel", "QPushButton", "QCheckBox", "QRadioButton"), (0,)),
    **dict.fromkeys(("QAction", "QMenu", "addMenu", "addAction", "addItem", "Chip", "set_title"), (0,)),
    **dict.fromkeys(("set_main", "set_busy", "set_count", "labelled", "add_button", "set_subtitle"), (0,)),
    **dict.fromkeys(("set_valid", "allow", "addTab", "add_search", "add_choice", "add_before"), (1,)),
    **dict.fromkeys(("add_several", "add_text"), (1, 2)),
    "say_when_empty": (0, 1),
    "Term": (0, 2),
    "getSaveFileName": (1, 3),
    "getOpenFileName": (1, 3),
    "getOpenFileNames": (1, 3),
}
"""By the name of the function, which of its arguments are shown."""
SHOWN_BY_NAME = {"title", "button_text", "one", "several", "why_not", "tooltip"}
AS_THEY_ARE = {"LicenseDesk", "License.xml"}
"""The product, and the document: names in every language."""
EXAMPLES = {"branch.example.com", "Example Software", "issuer.pub", "Desktop Manager, Asset Monitor"}
TO_BE_TYPED = "licensedesk-agent "
"""A command: the same in every language."""
COUNTED = "license server node range product file row event report relay key message change field agent day"
NOUNS = {f"{noun}s": noun for noun in COUNTED.split()} | {"entries": "entry"}
ALWAYS_MANY = {
    "Over {0} days ago": "a week or more",
    "managed nodes found by {0} servers": "one server is named",
    "discovered nodes found by {0} servers": "one server is named",
    "{0} more ranges are short.": "a single further one is shown itself",
    "{0} more licenses end soon.": "a single further one is shown itself",
}
COUNTS = re.compile(r"\{\d\} (?:more |of \{\d\} )?([A-Za-z]+)\b")


@dataclass(frozen=True)
class Source:
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def translations(self) -> Iterator[tuple[ast.Call, ast.expr]]:
        """Each call, and the text that is translated."""
        for call in self.calls():
            given = translated(call)
            if given is not None:
                yield call, given

    def around(self, node: ast.AST) -> ast.AST:
        """The function it stands in, or the module."""
        while node in self.parents and not isinstance(node, ast.FunctionDef):
            node = self.parents[node]
        return node

    def at(self, node: ast.expr) -> str:
        return f"{self.path.relative_to(UI)}:{node.lineno} {ast.unparse(node)[:110]}"


def called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def translated(call: ast.Call) -> ast.expr | None:
    name = called(call)
    if name not in TRANSLATING or not call.args:
        return None
    if name in {"title", "say"} and not (isinstance(call.func, ast.Name) and len(call.args) == 1):
        return None
    if name == "translate":
        # That of a painter has numbers.
        return call.args[1] if isinstance(call.args[0], ast.Constant) and len(call.args) > 1 else None
    return call.args[0]


def text_of(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


SOURCES = [Source(path) for path in sorted(UI.rglob("*.py"))]


def test_what_is_translated_is_one_text_of_the_source() -> None:
    """No f-string and no sum: only the whole text can be looked up. No %n, which needs a file in English."""
    wrong = [
        found.at(call)
        for found in SOURCES
        for call, given in found.translations()
        if (text_of(given) is None and ast.unparse(given) not in WRAPPERS) or "%n" in (text_of(given) or "")
    ]
    assert wrong == []


def test_no_sentence_is_put_together_of_pieces() -> None:
    """A translated text is not added to another, nor stands in an f-string among words."""
    wrong = []
    for found, (call, _given) in ((one, each) for one in SOURCES for each in one.translations()):
        parent = found.parents[call]
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add | ast.Mod):
            wrong.append(found.at(parent))
        if isinstance(parent, ast.FormattedValue):
            whole = found.parents[parent]
            assert isinstance(whole, ast.JoinedStr)
            if any(re.search(r"\w", text_of(part) or "") for part in whole.values):
                wrong.append(found.at(whole))
    assert wrong == []


def test_nothing_is_shown_untranslated() -> None:
    wrong = [
        found.at(given)
        for found in SOURCES
        for call in found.calls()
        for given in shown(call)
        for text in pieces(given)
        if re.search(r"[A-Za-z]{2}", text)
        and text not in AS_THEY_ARE | EXAMPLES
        and not pieces(given)[0].startswith(TO_BE_TYPED)
    ]
    assert wrong == []


def shown(call: ast.Call) -> Iterator[ast.expr]:
    for place in SHOWN.get(called(call), ()):
        if place < len(call.args):
            yield call.args[place]
    if called(call) not in {"Command", "Entry"}:
        yield from (given.value for given in call.keywords if given.arg in SHOWN_BY_NAME)


def pieces(given: ast.expr) -> list[str]:
    """What of it is written there; what is put in comes from elsewhere."""
    if isinstance(given, ast.JoinedStr):
        return [text for part in given.values if (text := text_of(part)) is not None]
    text = text_of(given)
    return [] if text is None else [text]


def test_a_counted_noun_has_its_singular_beside_it() -> None:
    by_function: dict[ast.AST, list[str]] = {}
    for found in SOURCES:
        for call, given in found.translations():
            by_function.setdefault(found.around(call), []).append(text_of(given) or "")
    wrong = [
        text
        for texts in by_function.values()
        for text in texts
        for noun in COUNTS.findall(text)
        if noun.lower() in NOUNS and text not in ALWAYS_MANY and not has_singular(text, noun, texts)
    ]
    assert wrong == []


def has_singular(text: str, noun: str, texts: list[str]) -> bool:
    """Another text of the same function, for one of them."""
    one = NOUNS[noun.lower()]
    places = set(re.findall(r"\{\d\}", text))
    return any(
        other != text
        and re.search(rf"\b{one}\b", other, re.IGNORECASE)
        and set(re.findall(r"\{\d\}", other)) <= places
        for other in texts
    )


WRONG = """
class A:
    def f(self, n):
        self.tr(f"{n} nodes")
        self.tr("a") + self.tr("b")
        self.setText("Shown")
        self.tr("{0} nodes")
"""


def test_what_is_wrong_is_found() -> None:
    """The rules above, on a file that keeps none of them."""
    found = Source(UI / "nowhere.py")
    found.__dict__["tree"] = ast.parse(WRONG)
    texts = [text_of(given) for _, given in found.translations()]
    assert sorted(text or "f-string" for text in texts) == ["a", "b", "f-string", "{0} nodes"]
    added = [call for call, _ in found.translations() if isinstance(found.parents[call], ast.BinOp)]
    assert len(added) == 2
    assert [pieces(one) for call in found.calls() for one in shown(call)] == [["Shown"]]
    assert COUNTS.findall("{0} nodes") == ["nodes"]
    assert not has_singular("{0} nodes", "nodes", ["{0} nodes", "a", "b"])
    assert has_singular("{0} nodes", "nodes", ["{0} nodes", "{0} node"])
