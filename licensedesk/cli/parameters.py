"""Arguments and options that several commands have, with one help text each."""

from __future__ import annotations

from typing import Annotated

import typer

from licensedesk.cli.complete import host_names, products

Host = Annotated[
    str, typer.Argument(metavar="HOST", help="Host name of a server.", autocompletion=host_names)
]
Product = Annotated[
    str | None,
    typer.Option("--product", metavar="P", help="The product.", autocompletion=products),
]
OnDate = Annotated[
    str | None,
    typer.Option("--on-date", metavar="D", help="Count by the validity of that day [today]."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it even where it leaves a range short.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show what it would change, and change nothing.")]
