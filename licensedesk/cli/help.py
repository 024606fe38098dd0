"""How commands are grouped and how their help looks: sections by subject, one example a command.

Plain text and not Typer's boxes: those load Markdown and syntax colouring, 190 ms at each `--help`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

WIDTH = 100
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


class DeskGroup(TyperGroup):
    """A group of commands, listed by their `rich_help_panel`."""

    def get_help(self, ctx: Any) -> str:
        return _styled(super().get_help(ctx))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_example(self.epilog, formatter)

    def listed(self, ctx: Any) -> list[tuple[str, str, str]]:
        """Panel, name and one line of help of each command to show."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [
            (getattr(command, "rich_help_panel", None) or "Commands", name, command.get_short_help_str(WIDTH))
            for name, command in found
            if command is not None and not command.hidden
        ]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
        listed = self.listed(ctx)
        # One width for all sections, so that the texts stand in one column.
        width = max((len(name) for _, name, _ in listed), default=0)
        for panel, name, text in listed:
            panels[panel].append((name.ljust(width), text))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class Commands(typer.Typer):
    """A group of commands, one file each."""

    def __init__(self, text: str = "") -> None:
        super().__init__(
            cls=DeskGroup,
            help=text,
            no_args_is_help=True,
            add_completion=False,
            rich_markup_mode=None,
            context_settings={"max_content_width": WIDTH},
        )

    def add(
        self, name: str, *, example: str, panel: str | None = None, hidden: bool = False
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register a command; the first line of the function's docstring is its line in lists."""
        return self.command(
            name,
            cls=DeskCommand,
            epilog=example,
            rich_help_panel=panel,
            hidden=hidden,
            context_settings={"max_content_width": WIDTH},
        )
