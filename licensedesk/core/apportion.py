"""Filling in quantities for many relays at once: strategies over plain figures, pure and exact.

Every strategy leaves locked shares as they are, gives nobody less than 0, and gives out exactly what it is
asked to: no license is lost by rounding, none is made up.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Share(Generic[KeyT]):
    """One relay: what it is to have (`quantity`) and what its range uses of it."""

    key: KeyT
    quantity: int
    used: int
    locked: bool = False

    @property
    def shortage(self) -> int:
        return max(0, self.used - self.quantity)

    @property
    def remaining(self) -> int:
        return max(0, self.quantity - self.used)


def unlocked_total(shares: Sequence[Share[KeyT]]) -> int:
    """What there is to apportion without giving out more than before."""
    return sum(share.quantity for share in shares if not share.locked)


def split_equally(shares: Sequence[Share[KeyT]], total: int) -> dict[KeyT, int]:
    """The same for each unlocked share; what cannot be divided goes to the first ones, one each."""
    return _by_weight(shares, total, [1] * len(_open(shares)))


def split_by_use(shares: Sequence[Share[KeyT]], total: int) -> dict[KeyT, int]:
    """In proportion to what is used, by largest remainder; equally where nothing is used."""
    return _by_weight(shares, total, [share.used for share in _open(shares)])


def cover_shortages(shares: Sequence[Share[KeyT]], spare: int) -> dict[KeyT, int]:
    """Each unlocked share that is short gets what it uses, with as few changes as that takes.

    First from `spare` (what the primary can give without its own range getting short), then from shares
    with some remaining, in proportion to it. Where all of that is not enough, what there is goes to the
    short ones in proportion to their shortage. Gives out `unlocked_total` + min(spare, the shortages).
    """
    found = _open(shares)
    missing = sum(share.shortage for share in found)
    taken = min(missing - min(missing, max(0, spare)), sum(share.remaining for share in found))
    covered = min(missing, max(0, spare)) + taken
    gains = apportion(covered, [share.shortage for share in found])
    losses = apportion(taken, [share.remaining for share in found])
    changed = {
        share.key: share.quantity + gain - loss
        for share, gain, loss in zip(found, gains, losses, strict=True)
    }
    return _whole(shares, changed)


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in proportion to the weights, in whole numbers, by largest remainder (Hamilton's method).

    Equal remainders: the earlier one first. All weights 0: equally. Nobody to give to: nothing.
    Raises ValueError for a negative total or weight.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("what is apportioned cannot be negative")
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    # Stable: sorting by the remainder alone keeps the order among equals.
    order = sorted(range(len(weights)), key=lambda at: -(total * weights[at] % whole))
    for at in order[: total - sum(parts)]:
        parts[at] += 1
    return parts


def _by_weight(shares: Sequence[Share[KeyT]], total: int, weights: Sequence[int]) -> dict[KeyT, int]:
    parts = apportion(total, weights)
    changed = {share.key: part for share, part in zip(_open(shares), parts, strict=True)}
    return _whole(shares, changed)


def _open(shares: Sequence[Share[KeyT]]) -> list[Share[KeyT]]:
    return [share for share in shares if not share.locked]


def _whole(shares: Sequence[Share[KeyT]], changed: dict[KeyT, int]) -> dict[KeyT, int]:
    return {share.key: changed.get(share.key, share.quantity) for share in shares}
