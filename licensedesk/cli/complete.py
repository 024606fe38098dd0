"""What the shell completes: host names and products of the site, read straight from its database."""

from __future__ import annotations

from typing import Any

import typer

from licensedesk.core.errors import LicenseDeskError

_MOST = 200


def host_names(ctx: typer.Context, incomplete: str) -> list[str]:
    return _begin_with(ctx, incomplete.lower(), "SELECT host_name FROM server")


def products(ctx: typer.Context, incomplete: str) -> list[str]:
    return _begin_with(ctx, incomplete, "SELECT name FROM product")


def issuers(ctx: typer.Context, incomplete: str) -> list[str]:
    return _begin_with(ctx, incomplete, "SELECT name FROM issuer")


def _begin_with(ctx: typer.Context, incomplete: str, sql: str) -> list[str]:
    """Nothing where there is no site: a shell that completes has no place for an error."""
    from licensedesk.cli.context import Desk

    given: dict[str, Any] = ctx.find_root().params
    desk = Desk(folder_given=given.get("site"))
    try:
        names = [name for (name,) in desk.store.rows(sql)]
    except LicenseDeskError:
        return []
    finally:
        desk.close()
    return sorted(name for name in names if name.startswith(incomplete))[:_MOST]
