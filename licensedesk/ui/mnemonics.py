"""The letter behind an `&` opens an entry or goes to an input; names and foreign text have none."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """Without the mnemonic: as a name, or in a list."""
    # Where the letter is none of the word, it stands behind it: 登録(&R).
    return re.sub(r"&(.)", r"\1", re.sub(r"\(&\w\)", "", text))


def literal(text: str) -> str:
    """For a button, an entry or a label with an input: every `&` is shown as it is."""
    return text.replace("&", "&&")
