from __future__ import annotations

import itertools
import random
import sys

import hypothesis.strategies as st
import pytest
from hypothesis import given

from licensedesk.ui.widgets.map_layout import Box, Layout, arrange

WIDE, HIGH = 290.0, 104.0


def boxes(*pairs: str) -> list[Box]:
    """`"ba"` is b under a; `"a"` is the root."""
    return [Box(pair[0], pair[1] if len(pair) > 1 else None, WIDE, HIGH) for pair in pairs]


def overlapping(layout: Layout, given_boxes: list[Box]) -> list[tuple[str, str]]:
    """Pairs that cover each other, found by a sweep from left to right."""
    areas = sorted((*layout.places[box.id], box.width, box.height, box.id) for box in given_boxes)
    found = []
    for at, (left, top, width, height, name) in enumerate(areas):
        for other_left, other_top, _, other_height, other in areas[at + 1 :]:
            if other_left >= left + width:
                break
            if other_top < top + height and top < other_top + other_height:
                found.append((name, other))
    return found


@st.composite
def trees(draw: st.DrawFn) -> list[Box]:
    count = draw(st.integers(1, 60))
    made = [Box("0", None, WIDE, HIGH)]
    for number in range(1, count):
        parent = draw(st.integers(max(0, number - 12), number - 1))
        height = draw(st.sampled_from((54.0, 104.0)))
        made.append(Box(str(number), str(parent), draw(st.sampled_from((120.0, 290.0))), height))
    return made


@given(trees())
def test_no_two_servers_cover_each_other_and_parents_stand_above(made: list[Box]) -> None:
    layout = arrange(made)
    assert set(layout.places) == {box.id for box in made}
    assert overlapping(layout, made) == []
    by_id = {box.id: box for box in made}
    for box in made:
        left, top = layout.places[box.id]
        assert left >= 0
        assert left + box.width <= layout.width + 0.01
        assert top + box.height <= layout.height + 0.01
        if box.parent is not None and layout.sideways:
            assert left >= layout.places[box.parent][0] + by_id[box.parent].width
        elif box.parent is not None:
            assert top >= layout.places[box.parent][1] + by_id[box.parent].height


def test_the_example_of_the_domain_stands_as_in_the_design() -> None:
    """A over B and C, D under B, E under C: parents in the middle, children under their parent."""
    layout = arrange(boxes("a", "ba", "ca", "db", "ec"))
    x = {name: place[0] for name, place in layout.places.items()}
    y = {name: place[1] for name, place in layout.places.items()}
    assert x["b"] == x["d"] < x["a"] < x["c"] == x["e"]
    assert x["a"] == pytest.approx((x["b"] + x["c"]) / 2)
    assert y["a"] == 0
    assert y["b"] == y["c"]
    assert y["d"] == y["e"]


def test_a_small_subtree_between_two_large_ones_stands_in_the_middle() -> None:
    layout = arrange(boxes("a", "ba", "ca", "da", "eb", "fb", "gb", "hd", "id", "jd"))
    x = {name: place[0] for name, place in layout.places.items()}
    assert x["c"] == pytest.approx((x["b"] + x["d"]) / 2)


def test_a_mirrored_tree_gives_the_mirrored_picture() -> None:
    made = boxes("a", "ba", "ca", "da", "eb", "fb", "gb", "hc", "id", "jd")
    mirrored = [made[0], *reversed(made[1:])]
    one, other = arrange(made), arrange(mirrored)
    for name, (left, top) in one.places.items():
        assert other.places[name] == pytest.approx((one.width - left - WIDE, top))


def test_many_children_without_children_are_packed_into_a_block() -> None:
    made = boxes("a") + [Box(f"m{n}", "a", WIDE, 54.0) for n in range(40)]
    layout = arrange(made)
    assert [len(block.members) for block in layout.blocks] == [40]
    assert layout.blocks[0].parent == "a"
    assert 0.8 < layout.width / layout.height < 3.2
    assert not layout.sideways
    assert overlapping(layout, made) == []


def test_a_wide_tree_is_drawn_sideways() -> None:
    made = boxes("a")
    for relay in range(40):
        made += [Box(f"r{relay}", "a", WIDE, 54.0), Box(f"m{relay}", f"r{relay}", WIDE, 54.0)]
    layout = arrange(made)
    assert layout.sideways
    assert layout.height / layout.width < 3
    assert overlapping(layout, made) == []
    for box in made[1:]:
        assert layout.places[box.id][0] > layout.places[box.parent or ""][0]


def test_blocks_stand_behind_the_last_level() -> None:
    """A high block under the primary does not push the relays below it away."""
    made = boxes("a", "ba", "cb", "dc", "ed")
    made += [Box(f"a{n}", "a", WIDE, 54.0) for n in range(30)]
    made += [Box(f"c{n}", "c", WIDE, 54.0) for n in range(30)]
    layout = arrange(made)
    assert len({block.area[1] for block in layout.blocks}) == 1
    levels = [layout.places[name][1] for name in "abcd"]
    assert [after - before for before, after in itertools.pairwise(levels)] == [152.0] * 3
    assert overlapping(layout, made) == []


def test_nothing_to_draw() -> None:
    assert arrange([]) == Layout({}, (), 0.0, 0.0)


def test_a_parent_that_is_not_shown_makes_a_root() -> None:
    """The administrator of a sharing source sees only that range."""
    layout = arrange([Box("c", "a", WIDE, HIGH), Box("e", "c", WIDE, HIGH)])
    assert layout.places["c"] == (0.0, 0.0)
    assert layout.places["e"][1] > HIGH


def test_a_chain_of_five_thousand_is_no_recursion() -> None:
    made = [Box("0", None, WIDE, HIGH)] + [Box(str(n), str(n - 1), WIDE, HIGH) for n in range(1, 5_000)]
    layout = arrange(made)
    assert {place[0] for place in layout.places.values()} == {0.0}


def test_the_work_grows_with_the_number_and_no_faster() -> None:
    """Counted in calls, not in seconds: ten times the servers make about ten times the calls."""
    chance = random.Random(4)  # noqa: S311 - a seeded tree

    def calls(count: int) -> int:
        parents = [str(chance.randrange(max(0, n // 3 - 5), n)) for n in range(1, count)]
        made = [Box("0", None, WIDE, HIGH)]
        made += [Box(str(n), parent, WIDE, HIGH) for n, parent in enumerate(parents, 1)]
        counted = itertools.count()
        sys.setprofile(lambda _frame, event, _arg: next(counted) if event == "call" else None)
        try:
            arrange(made)
        finally:
            sys.setprofile(None)
        return next(counted)

    assert calls(10_000) < 13 * calls(1_000)
