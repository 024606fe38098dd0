"""How commands are grouped and how their help looks: sections by subject, one example a command.

Plain text and not Typer's boxes: those load Markdown and syntax colouring, 190 ms at each `--help`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

WIDTH = 100
_SETTINGS = {"max_content_width": WIDTH}
_HEADING = re.compile(r"^([A-Z][^:\n]*:)(?=$| licensedesk)", re.MULTILINE)


def _styled(text: str) -> str:
    """Headings in bold; where the output is no terminal, typer takes the style out again."""
    return _HEADING.sub(lambda found: typer.style(found[1], bold=True), text)


def _write_example(epilog: str | None, formatter: Any) -> None:
    if epilog:
        with formatter.section("Example"):
            for line in epilog.splitlines():
                formatter.write(f"  {line}\n")


class DeskCommand(TyperCommand):
    """A command; its `epilog` is an example to copy."""

    def get_help(self, ctx: Any) -> str:
        return _styled(super().get_help(ctx))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_example(self.epilog, formatter)


class Line(NamedTuple):
    """A command in the list of its group."""

    panel: str
    name: str
    text: str


class Later(Mapping[str, Any]):
    """Commands by name, each made when it is wanted: Typer takes 10 ms for one with many options."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Any]) -> None:
        self._names = tuple(names)
        self._make = make
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class DeskGroup(TyperGroup):
    """A group of commands, listed by their panels; `lines` spares making a command to list it."""

    def __init__(self, *, lines: list[Line] | None = None, **given: Any) -> None:
        super().__init__(**given)
        self._lines = lines or []

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def get_help(self, ctx: Any) -> str:
        return _styled(super().get_help(ctx))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_example(self.epilog, formatter)

    def listed(self, ctx: Any) -> list[Line]:
        return self._lines

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
        listed = self.listed(ctx)
        # One width for all sections, so that the texts stand in one column.
        width = max((len(line.name) for line in listed), default=0)
        for line in listed:
            panels[line.panel].append((line.name.ljust(width), line.text))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class Commands:
    """The commands of one file: a group of several, or one alone."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._functions: dict[str, tuple[Callable[..., None], str, str]] = {}

    def add(
        self, name: str, *, example: str, panel: str = "Commands"
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register a command; the first line of the function's docstring is its line in lists."""

        def register(function: Callable[..., None]) -> Callable[..., None]:
            self._functions[name] = (function, example, panel)
            return function

        return register

    def built(self, name: str) -> TyperCommand | DeskGroup:
        """What the command line runs under that name; without a text it is the command of that name."""
        if not self._text:
            return self._command(name)
        return DeskGroup(
            name=name,
            commands=Later(self._functions, self._command),
            lines=[
                Line(panel, inner, (function.__doc__ or "").partition("\n")[0])
                for inner, (function, _, panel) in self._functions.items()
            ],
            help=self._text,
            no_args_is_help=True,
            rich_markup_mode=None,
            context_settings=dict(_SETTINGS),
        )

    def _command(self, name: str) -> TyperCommand:
        function, example, _ = self._functions[name]
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        settings = dict(_SETTINGS)
        alone.command(name, cls=DeskCommand, epilog=example, context_settings=settings)(function)
        made = get_command(alone)
        if not isinstance(made, TyperCommand):
            raise TypeError(f"{name} is no command")
        return made
