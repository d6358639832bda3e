"""The rooms of the desk's scripts, as web/README.md has them: each imports only from those below it."""

import re

from tests import graph
from tests.paths import ROOT


def test_the_desks_rooms_stand_in_the_order_of_the_readme() -> None:
    readme = (ROOT / "web" / "README.md").read_text("utf-8").partition("## The desk")[2]
    order = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert set(order) == {path.name for path in (ROOT / "web" / "desk").iterdir() if path.is_dir()}
    imports = graph.between_rooms(graph.read_scripts())["web.desk"]
    # desk.js puts them together.
    assert set(order) >= set(imports) - {"desk"} and "core" in imports["ui"]
    upwards = [
        (room, other) for room, others in imports.items() if room != "desk" for other in others
        if other == "desk" or order.index(other) < order.index(room)
    ]  # fmt: skip
    assert upwards == []


def test_scripts_are_read_with_what_they_import() -> None:
    scripts = graph.read_scripts()
    assert scripts["web.desk.inbox.row"] >= {"web.shared.dom", "web.desk.core.summary"}
    # All that is imported is there, but what JSDoc imports is no import.
    assert set().union(*scripts.values()) <= set(scripts)
    assert "web.desk.conversation.conversation" not in scripts["web.desk.conversation.delivery"]
