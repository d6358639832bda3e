"""The mutations fit the code: `python -m tests.mutations` runs them."""

import ast
from collections import Counter
from functools import cache

import pytest

from tests.mutations.catalogue import MUTATIONS
from tests.mutations.mutation import Mutation, Rotten
from tests.paths import ROOT

# The model is made from these: with a fault in one of them each run would train.
OF_THE_MODEL = ("bot/assistant/nlu/", "importer.py", "policy.py", "folding.py")


@cache
def defined_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_mutation_can_be_made_and_its_tests_are_there(mutation: Mutation) -> None:
    ast.parse(mutation.mutated(ROOT))
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert not name or name in defined_in(file), test
    assert not any(part in mutation.file for part in OF_THE_MODEL)


def test_names_are_names() -> None:
    assert [name for name, times in Counter(one.name for one in MUTATIONS).items() if times > 1] == []
    changes = Counter((one.file, one.old, one.new) for one in MUTATIONS)
    assert [change for change, times in changes.items() if times > 1] == []


@pytest.mark.parametrize("old", ["nowhere in this file", "P"])
def test_what_is_not_found_once_is_rotten(old: str) -> None:
    with pytest.raises(Rotten, match="not once: bring it up to date"):
        Mutation("x", "tests/paths.py", old, "", ()).mutated(ROOT)


def test_the_page_tells_how_many_there_are() -> None:
    assert f"holds {len(MUTATIONS)} faults" in (ROOT / "docs" / "testing.md").read_text("utf-8")
