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
_SHAPES = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 1.6, 4.0)
"""Width to height of a block, tried in turn; 0 is a single column."""
_WANTED_SHAPE = 1.6
_MUCH_OFF = 2.5
"""So many times wider than a screen's shape a tree is before it is tried sideways."""
_STILL_READABLE = 2_600.0
"""A tree not wider than this can be read at a glance however flat it is."""
_GAPS = (24.0, 48.0)
"""Between neighbours, and between levels."""
_SIDEWAYS_GAPS = (14.0, 72.0)
_BLOCK_GAP = 12.0
_LINE_WIDTH = 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """`parent` None is the root; there may be several (one below the other is not drawn)."""

    id: str
    parent: str | None
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Block:
    """Packed children of one parent, and the area they take: left, top, width, height.

    All blocks stand behind the last level of the tree; `turn` is where, on the way from the parent's level
    to there, the line has reached the block's middle: y from top to bottom, x when sideways.
    """

    parent: str
    members: tuple[str, ...]
    area: tuple[float, float, float, float]
    turn: float


@dataclass(frozen=True, slots=True)
class Layout:
    """`places` are the upper left corners; `sideways`: children stand at the right, not below."""

    places: dict[str, tuple[float, float]]
    blocks: tuple[Block, ...]
    width: float
    height: float
    sideways: bool = False


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
    hung_from: _Node | None = None

    @property
    def hangs_from(self) -> _Node:
        """Of a block: the node of the server whose children it holds."""
        return self.hung_from or self


def arrange(boxes: Sequence[Box]) -> Layout:
    """Children in the order given; parents may come after their children.

    Children below their parents, unless the picture is then much wider than a screen and less so sideways;
    and of the shapes a block can have the one that makes the whole picture most like a screen.
    """
    down = _best(boxes, sideways=False)
    if down.off <= _MUCH_OFF or down.width <= _STILL_READABLE:
        return _finished(down)
    turned = _best([Box(one.id, one.parent, one.height, one.width) for one in boxes], sideways=True)
    if turned.off < down.off:
        _take_apart(down)
        return _turned(_finished(turned))
    _take_apart(turned)
    return _finished(down)


def _best(boxes: Sequence[Box], *, sideways: bool) -> _Draft:
    """Sideways the boxes and the draft are turned."""
    families = _families(boxes)
    shapes = _SHAPES if any(one.packed for one in families.values()) else _SHAPES[:1]
    best = _draft(families, shapes[0], sideways=sideways)
    for shape in shapes[1:]:
        draft = _draft(families, shape, sideways=sideways)
        if draft.off < best.off:
            best, draft = draft, best
        _take_apart(draft)
    return best


def _turned(layout: Layout) -> Layout:
    places = {name: (top, left) for name, (left, top) in layout.places.items()}
    blocks = tuple(
        Block(one.parent, one.members, (one.area[1], one.area[0], one.area[3], one.area[2]), one.turn)
        for one in layout.blocks
    )
    return Layout(places, blocks, layout.height, layout.width, sideways=True)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A tree whose nodes have their places, before the blocks are unpacked."""

    order: Sequence[_Node]
    lefts: dict[int, float]
    tops: Sequence[float]
    width: float
    height: float
    off: float
    """How many times wider or higher than a screen's shape it is."""


def _draft(families: dict[str | None, _Family], shape: float, *, sideways: bool) -> _Draft:
    root = _grow(families, shape)
    order = _post_order(root)
    for node in order:
        _place_among_siblings(node, (_SIDEWAYS_GAPS if sideways else _GAPS)[0])
    order = [node for node in order if node is not root]
    tops = _tops(order, (_SIDEWAYS_GAPS if sideways else _GAPS)[1])
    middles = _middles(root)
    shift = min((middles[id(node)] - node.width / 2 for node in order), default=0.0)
    lefts = {id(node): middles[id(node)] - node.width / 2 - shift for node in order}
    width = max((lefts[id(node)] + node.width for node in order), default=0.0)
    height = max((tops[node.depth] + node.height for node in order), default=0.0)
    seen = (height, width) if sideways else (width, height)
    relation = (seen[0] or 1.0) / (seen[1] or 1.0) / _WANTED_SHAPE
    return _Draft(order, lefts, tops, width, height, max(relation, 1 / relation))


def _finished(draft: _Draft) -> Layout:
    places: dict[str, tuple[float, float]] = {}
    blocks: list[Block] = []
    for node in draft.order:
        left, top = draft.lefts[id(node)], draft.tops[node.depth]
        if node.box is not None:
            places[node.box.id] = (left, top)
        elif node.packed:
            blocks.append(_unpack(node, left, top, places, draft.tops[node.hangs_from.depth + 1]))
    _take_apart(draft)
    return Layout(places, tuple(blocks), draft.width, draft.height)


def _take_apart(draft: _Draft) -> None:
    """Nodes refer to each other in circles: else 100,000 of them wait for the collector."""
    for node in draft.order:
        node.parent = node.thread = node.ancestor = node.nearest = node.hung_from = None
        node.children.clear()


# -- the tree ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Family:
    """The children of one parent; `cell` is the room that each of the packed ones takes."""

    single: tuple[Box, ...]
    packed: tuple[Box, ...]
    cell: tuple[float, float]


def _families(boxes: Sequence[Box]) -> dict[str | None, _Family]:
    known = {box.id for box in boxes}
    children: dict[str | None, list[Box]] = defaultdict(list)
    for box in boxes:
        children[box.parent if box.parent in known else None].append(box)
    families = {}
    for name, those in children.items():
        leaves = tuple(box for box in those if box.id not in children)
        packed = leaves if name is not None and len(leaves) >= _PACK_FROM else ()
        single = tuple(box for box in those if box.id in children) if packed else tuple(those)
        wide = max((box.width for box in packed), default=0.0) + _BLOCK_GAP
        high = max((box.height for box in packed), default=0.0) + _BLOCK_GAP
        families[name] = _Family(single, packed, (wide, high))
    return families


def _grow(families: dict[str | None, _Family], shape: float) -> _Node:
    """Nodes under a root that is not drawn; packed children are one node, on the last level."""
    root = _Node(0.0, 0.0, None)
    hanging: list[tuple[_Node, _Family]] = []
    waiting: list[tuple[_Node, str | None]] = [(root, None)]
    last = 0
    while waiting:
        node, name = waiting.pop()
        family = families.get(name)
        if family is None:
            continue
        last = max(last, node.depth + 1)
        waiting += [(_add(node, _Node(box.width, box.height, node, box)), box.id) for box in family.single]
        if family.packed:
            hanging.append((node, family))
    for node, family in hanging:
        _hang(node, family, shape, last)
    return root


def _hang(node: _Node, family: _Family, shape: float, depth: int) -> None:
    """The block at that depth, and on the levels between only room for the line to it."""
    above = node
    while above.depth + 1 < depth:
        above = _add(above, _Node(_LINE_WIDTH, 0.0, above))
    block = _add(above, _block(above, family, shape))
    block.hung_from = node


def _add(node: _Node, child: _Node) -> _Node:
    child.depth = node.depth + 1
    child.number = len(node.children)
    child.ancestor = child
    node.children.append(child)
    node.nearest = node.nearest or child
    return child


def _block(parent: _Node, family: _Family, shape: float) -> _Node:
    wide, high = family.cell
    count = len(family.packed)
    columns = max(1, min(count, ceil(sqrt(count * shape * high / wide))))
    width, height = columns * wide + _BLOCK_GAP, ceil(count / columns) * high + _BLOCK_GAP
    return _Node(width, height, parent, packed=family.packed, columns=columns)


def _unpack(
    node: _Node, left: float, top: float, places: dict[str, tuple[float, float]], turn: float
) -> Block:
    wide = (node.width - _BLOCK_GAP) / node.columns
    high = max(box.height for box in node.packed) + _BLOCK_GAP
    for at, box in enumerate(node.packed):
        row, column = divmod(at, node.columns)
        places[box.id] = (left + _BLOCK_GAP + column * wide, top + _BLOCK_GAP + row * high)
    parent = node.hangs_from.box.id if node.hangs_from.box is not None else ""
    members = tuple(box.id for box in node.packed)
    return Block(parent, members, (left, top, node.width, node.height), turn)


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


def _middles(root: _Node) -> dict[int, float]:
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
