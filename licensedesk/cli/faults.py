"""How a run that fails ends: its exit code, and what is said, to people or to a program."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from licensedesk import __version__
from licensedesk.core.errors import LicenseDeskError, SurroundingsError
from licensedesk.core.names import visible

DONE, REFUSED, USAGE, ENVIRONMENT, NOT_CURRENT, BUG = 0, 1, 2, 3, 4, 70
INTERRUPTED = 130
"""As shells count a run ended by Ctrl+C; outside the contract, which is about ends of its own."""
DEBUG_VARIABLE = "LICENSEDESK_DEBUG"


def report(error: Exception, *, as_json: bool, argv: Sequence[str]) -> int:
    """Say what went wrong; the exit code."""
    match error:
        case LicenseDeskError():
            _report_refusal(error, as_json=as_json)
            return ENVIRONMENT if isinstance(error, SurroundingsError) else REFUSED
        case typer.TyperException():
            _report_usage(error, as_json=as_json)
            return USAGE
        case typer.Abort():
            sys.stderr.write("Aborted; nothing was changed.\n")
            return REFUSED
        case _:
            _report_bug(error, as_json=as_json, argv=argv)
            return BUG


def error_json(code: str, message: str, advice: str, details: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "advice": advice, "details": details}}


def _print(value: object) -> None:
    from licensedesk.cli.output import print_json

    print_json(value)


def _report_refusal(error: LicenseDeskError, *, as_json: bool) -> None:
    if as_json:
        _print(error_json(error.code, error.message, error.advice, error.figures))
        return
    sys.stderr.write(f"licensedesk: {visible(error.message)}\n")
    if error.advice:
        sys.stderr.write(f"{visible(error.advice)}\n")


def _report_usage(error: typer.TyperException, *, as_json: bool) -> None:
    ctx = getattr(error, "ctx", None)
    # Raised for a group without a command; its message is the whole help.
    bare = type(error).__name__ == "NoArgsIsHelpError"
    message = "Missing command." if bare else visible(error.format_message())
    advice = f"See `{ctx.command_path} --help`." if ctx is not None else ""
    if as_json:
        usage = {"usage": ctx.get_usage()} if ctx is not None else {}
        _print(error_json("usage", message, advice, usage))
    elif bare:
        typer.echo(error.message, err=True)
    else:
        sys.stderr.write(f"licensedesk: {message}\n" + (f"{advice}\n" if advice else ""))


def _report_bug(error: Exception, *, as_json: bool, argv: Sequence[str]) -> None:
    """A report to copy into an issue; the traceback itself only where a developer asks for it."""
    import platform

    if os.environ.get(DEBUG_VARIABLE) == "1":
        traceback.print_exception(error)
    kind = f"{type(error).__name__}: {visible(str(error))}"
    where = [
        f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    lines = [
        "licensedesk: This is a bug of LicenseDesk, not of yours. What was not finished was not done.",
        f"Please report these lines; {DEBUG_VARIABLE}=1 shows more.",
        f"  LicenseDesk {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"  command: {visible(' '.join(argv))}",
        f"  error: {kind}",
        *(f"  at {line}" for line in where[-8:]),
    ]
    sys.stderr.write("\n".join(lines) + "\n")
    if as_json:
        _print(error_json("bug", kind, "Please report it.", {"at": where[-8:]}))
