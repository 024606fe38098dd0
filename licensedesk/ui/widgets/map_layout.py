"""Where the servers stand on the map: a tidy tree in linear time, without Qt.

The drawing of Reingold and Tilford in the linear form of Buchheim, Juenger and Leipert (2002), for boxes
of different sizes. Servers with nothing below them are packed into blocks where one parent has many, so
that 10,000 of them stay a picture and not a line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt

_PACK_FROM = 6
"""From this many on, the children of one parent that have none themselves are packed."""
_SHAPES = (1.6, 0.7, 0.3, 0.12, 0.0)
"""Width to height of a block, tried in turn; 0 is a single column."""
_WANTED_SHAPE = 1.6
_BLOCK_GAP = 12.0


@dataclass(frozen=True, slots=True)
class Box:
    """`parent` None is the root; there may be several (one below the other is not drawn)."""

    id: str
    parent: str | None
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Block:
    """Packed children of one parent, and the area they take: left, top, width, height."""

    parent: str
    members: tuple[str, ...]
    area: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """`places` are the upper left corners."""

    places: dict[str, tuple[float, float]]
    blocks: tuple[Block, ...]
    width: float
    height: float


@dataclass(slots=True)
class _Node:
    width: float
    height: float
    parent: _Node | None
    box: Box | None = None
    packed: tuple[Box, ...] = ()
    columns: int = 1
    children: list[_Node] = field(default_factory=list)
    depth: int = 0
    number: int = 0
    prelim: float = 0.0
    mod: float = 0.0
    change: float = 0.0
    shift: float = 0.0
    thread: _Node | None = None
    ancestor: _Node | None = None
    nearest: _Node | None = None
    """The child whose subtree reaches deepest at the left so far: what stands there unnamed is its."""


def arrange(boxes: Sequence[Box], *, gap_x: float = 32.0, gap_y: float = 46.0) -> Layout:
    """Children in the order given; parents may come after their children.

    Of the shapes a block can have the one is taken that makes the whole picture most like a screen.
    """
    best: Layout | None = None
    for shape in _SHAPES:
        layout = _arrange(boxes, shape, gap_x, gap_y)
        if best is None or _off(layout) < _off(best):
            best = layout
        if not layout.blocks:
            break
    return best if best is not None else Layout({}, (), 0.0, 0.0)


def _off(layout: Layout) -> float:
    """How far a picture is from a screen's shape, either way."""
    shape = (layout.width or 1.0) / (layout.height or 1.0)
    return max(shape / _WANTED_SHAPE, _WANTED_SHAPE / shape)


def _arrange(boxes: Sequence[Box], shape: float, gap_x: float, gap_y: float) -> Layout:
    root = _grow(boxes, shape)
    order = _post_order(root)
    for node in order:
        _place_among_siblings(node, gap_x)
    tops = _tops(order, gap_y)
    lefts = _lefts(root)
    shift = min((lefts[id(node)] - node.width / 2 for node in order if node is not root), default=0.0)
    places: dict[str, tuple[float, float]] = {}
    blocks: list[Block] = []
    width = height = 0.0
    for node in order:
        if node is root:
            continue
        left = lefts[id(node)] - node.width / 2 - shift
        top = tops[node.depth]
        width, height = max(width, left + node.width), max(height, top + node.height)
        if node.box is not None:
            places[node.box.id] = (left, top)
        else:
            blocks.append(_unpack(node, left, top, places))
    return Layout(places, tuple(blocks), width, height)


# -- the tree ----------------------------------------------------------------------------------------


def _grow(boxes: Sequence[Box], shape: float) -> _Node:
    """Nodes under a root that is not drawn; packed children are one node."""
    known = {box.id for box in boxes}
    children: dict[str | None, list[Box]] = defaultdict(list)
    for box in boxes:
        children[box.parent if box.parent in known else None].append(box)
    root = _Node(0.0, 0.0, None)
    waiting: list[tuple[_Node, str | None]] = [(root, None)]
    while waiting:
        node, name = waiting.pop()
        leaves = [box for box in children[name] if box.id not in children]
        packed = tuple(leaves) if name is not None and len(leaves) >= _PACK_FROM else ()
        for box in children[name]:
            if packed and box.id not in children:
                continue
            child = _add(node, _Node(box.width, box.height, node, box))
            if box.id in children:
                waiting.append((child, box.id))
        if packed:
            _add(node, _block(node, packed, shape))
    return root


def _add(node: _Node, child: _Node) -> _Node:
    child.depth = node.depth + 1
    child.number = len(node.children)
    child.ancestor = child
    node.children.append(child)
    node.nearest = node.nearest or child
    return child


def _block(parent: _Node, packed: tuple[Box, ...], shape: float) -> _Node:
    wide = max(box.width for box in packed) + _BLOCK_GAP
    high = max(box.height for box in packed) + _BLOCK_GAP
    columns = max(1, min(len(packed), ceil(sqrt(len(packed) * shape * high / wide))))
    rows = ceil(len(packed) / columns)
    return _Node(
        columns * wide + _BLOCK_GAP, rows * high + _BLOCK_GAP, parent, packed=packed, columns=columns
    )


def _unpack(node: _Node, left: float, top: float, places: dict[str, tuple[float, float]]) -> Block:
    wide = (node.width - _BLOCK_GAP) / node.columns
    high = max(box.height for box in node.packed) + _BLOCK_GAP
    for at, box in enumerate(node.packed):
        row, column = divmod(at, node.columns)
        places[box.id] = (left + _BLOCK_GAP + column * wide, top + _BLOCK_GAP + row * high)
    parent = node.parent.box.id if node.parent is not None and node.parent.box is not None else ""
    members = tuple(box.id for box in node.packed)
    return Block(parent, members, (left, top, node.width, node.height))


def _post_order(root: _Node) -> list[_Node]:
    """Children before parents, from left to right; without recursion, so that no depth is too deep."""
    order: list[_Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children)
    order.reverse()
    return order


def _tops(order: Sequence[_Node], gap_y: float) -> list[float]:
    """The top of each level: the highest box of the one above it decides."""
    heights: dict[int, float] = defaultdict(float)
    for node in order:
        heights[node.depth] = max(heights[node.depth], node.height)
    tops = [0.0, 0.0]
    for depth in range(1, max(heights, default=0)):
        tops.append(tops[depth] + heights[depth] + gap_y)
    return tops


def _lefts(root: _Node) -> dict[int, float]:
    """The middle of each node, from the relative figures."""
    middles: dict[int, float] = {}
    waiting = [(root, 0.0)]
    while waiting:
        node, moved = waiting.pop()
        middles[id(node)] = node.prelim + moved
        waiting.extend((child, moved + node.mod) for child in node.children)
    return middles


# -- Buchheim, Juenger, Leipert ----------------------------------------------------------------------


def _place_among_siblings(node: _Node, gap: float) -> None:
    """The first walk, at one node whose children are done."""
    left = _left_sibling(node)
    beside = left.prelim + _apart(left, node, gap) if left is not None else 0.0
    if node.children:
        _execute_shifts(node)
        middle = (node.children[0].prelim + node.children[-1].prelim) / 2
        node.prelim = beside if left is not None else middle
        node.mod = node.prelim - middle
    else:
        node.prelim = beside
    if node.parent is not None and left is not None:
        _apportion(node, gap)


def _left_sibling(node: _Node) -> _Node | None:
    if node.parent is None or node.number == 0:
        return None
    return node.parent.children[node.number - 1]


def _apart(left: _Node, right: _Node, gap: float) -> float:
    """The distance between the middles of two neighbours."""
    return (left.width + right.width) / 2 + gap


def _execute_shifts(node: _Node) -> None:
    shift = change = 0.0
    for child in reversed(node.children):
        child.prelim += shift
        child.mod += shift
        change += child.change
        shift += child.shift + change


def _apportion(node: _Node, gap: float) -> None:
    """Move the subtree of `node` right until it is clear of all left of it, spreading those between.

    `inner` walks down its left side, `facing` the right side of what stands left of it; the outer two
    find where the shorter side goes on.
    """
    parent = node.parent
    left = _left_sibling(node)
    if parent is None or left is None:
        return
    inner, outer_right, facing, outer_left = node, node, left, parent.children[0]
    inner_mod, right_mod = inner.mod, outer_right.mod
    facing_mod, left_mod = facing.mod, outer_left.mod
    while (deeper := _next_right(facing)) is not None and (below := _next_left(inner)) is not None:
        facing, inner = deeper, below
        outer_left = _next_left(outer_left) or outer_left
        outer_right = _next_right(outer_right) or outer_right
        outer_right.ancestor = node
        short = facing.prelim + facing_mod + _apart(facing, inner, gap) - inner.prelim - inner_mod
        if short > 0:
            _move_subtree(_ancestor_of(facing, node, parent.nearest or outer_left), node, short)
            inner_mod += short
            right_mod += short
        facing_mod += facing.mod
        inner_mod += inner.mod
        left_mod += outer_left.mod
        right_mod += outer_right.mod
    if _next_right(facing) is not None and _next_right(outer_right) is None:
        outer_right.thread = _next_right(facing)
        outer_right.mod += facing_mod - right_mod
    if _next_left(inner) is not None and _next_left(outer_left) is None:
        outer_left.thread = _next_left(inner)
        outer_left.mod += inner_mod - left_mod
        parent.nearest = node


def _ancestor_of(facing: _Node, node: _Node, otherwise: _Node) -> _Node:
    """The sibling of `node` to whose subtree `facing` belongs."""
    found = facing.ancestor
    return found if found is not None and found.parent is node.parent else otherwise


def _next_left(node: _Node) -> _Node | None:
    return node.children[0] if node.children else node.thread


def _next_right(node: _Node) -> _Node | None:
    return node.children[-1] if node.children else node.thread


def _move_subtree(left: _Node, right: _Node, shift: float) -> None:
    between = right.number - left.number
    right.change -= shift / between
    right.shift += shift
    left.change += shift / between
    right.prelim += shift
    right.mod += shift
