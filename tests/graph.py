"""The import graph of the product, Python and JavaScript, printed and checked: `python -m tests.graph`.

No cycle between modules or between rooms, no folder with more than `MOST` modules, and no two modules of one
name but those that every channel has, or every page under `web`. The rooms of a folder are what lies in it.
`bot` is no room itself: its folders stand beside `actions`, `channels` and `store`, some above and some below
them.
"""

import posixpath
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

import grimp

from tests.paths import ROOT

ROOTS = ("actions", "bot", "channels", "store")
MOST = 15
# Each channel's package has modules of these names.
PARALLEL = frozenset(
    {"api", "capabilities", "channel", "config", "content", "errors", "events", "parse", "render", "setup"}
)

# A script's imports, also those made while it runs; what JSDoc imports are types, which may go both ways.
_IMPORTED = re.compile(r"""(?:^import\s*|\bfrom\s*|\bimport\(\s*)["'](\.[^"']+)["']""", re.MULTILINE)
_COMMENTS = re.compile(r"/\*\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)

Graph = Mapping[str, set[str]]


def main() -> int:
    imports = read() | read_scripts()
    rooms = between_rooms(imports)
    problems = [
        *cycles({"modules": imports, **rooms}),
        *crowded(imports),
        *namesakes(imports),
    ]
    folders = folder_sizes(imports)
    count = sum(len(targets) for targets in imports.values())
    print(f"{len(imports)} modules in {len(folders)} folders, {count} imports")
    print(f"  the rooms: {' > '.join(_order(rooms['']))}")
    for folder, size in sorted(folders.items()):
        below = sorted(room for room in rooms.get(folder, {}) if rooms[folder][room])
        order = " > ".join(_order(rooms[folder])) if below else ""
        print(f"  {folder:<32} {size:>3} modules   {order}".rstrip())
    print("\n".join(problems) or "no cycles, no crowded folder, no two modules of one name")
    return 1 if problems else 0


def read() -> dict[str, set[str]]:
    """Each module with those of ours that it imports, also inside functions; packages by their `__init__`."""
    graph = grimp.build_graph(*ROOTS, cache_dir=None)
    modules = {name for name in graph.modules if ".migrations.versions" not in name}
    return {name: graph.find_modules_directly_imported_by(name) & modules for name in modules}


def read_scripts() -> dict[str, set[str]]:
    """The same of the scripts under web/: `web/desk/inbox/row.js` is `web.desk.inbox.row`."""
    found = {}
    for path in sorted((ROOT / "web").rglob("*.js")):
        folder = path.parent.relative_to(ROOT).as_posix()
        targets = _IMPORTED.findall(_COMMENTS.sub("", path.read_text("utf-8")))
        found[_module(f"{folder}/{path.name}")] = {_module(f"{folder}/{target}") for target in targets}
    return found


def _module(script: str) -> str:
    return posixpath.normpath(script).removesuffix(".js").replace("/", ".")


def between_rooms(imports: Graph) -> dict[str, dict[str, set[str]]]:
    """For each folder ("" is the top), which of the rooms in it imports which; a room is a module or a
    folder."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, targets in imports.items():
        for target in targets:
            ours, theirs = _path(module), _path(target)
            pairs = enumerate(zip(ours, theirs, strict=False))
            depth = next((number for number, (our, their) in pairs if our != their), None)
            if depth is not None:
                found[".".join(ours[:depth])][ours[depth]].add(theirs[depth])
    return {folder: dict(rooms) for folder, rooms in found.items()}


def _path(module: str) -> list[str]:
    top, _, rest = module.partition(".")
    room, _, inside = rest.partition(".")
    if top != "bot" or not room:
        return module.split(".")
    return [f"bot.{room}", *filter(None, inside.split("."))]


def cycles(graphs: Mapping[str, Graph]) -> Iterable[str]:
    """The first cycle of each graph, in words."""
    for name, graph in graphs.items():
        try:
            tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            yield f"a cycle among {name or 'the top folders'}: {' -> '.join(reversed(error.args[1]))}"


def folder_sizes(imports: Graph) -> Counter[str]:
    """How many modules lie in each folder itself."""
    folders = {module.rpartition(".")[0] for module in imports} - {""}
    return Counter(module.rpartition(".")[0] for module in imports if module not in folders and "." in module)


def crowded(imports: Graph) -> Iterable[str]:
    for folder, size in folder_sizes(imports).items():
        if size > MOST:
            yield f"{folder} has {size} modules: more than {MOST}"


def namesakes(imports: Graph) -> Iterable[str]:
    folders = {module.rpartition(".")[0] for module in imports}
    named: dict[str, list[str]] = defaultdict(list)
    for module in sorted(set(imports) - folders):
        top, *inside, name = module.split(".")
        if top == "web":
            named[".".join([top, *inside[:1], name])].append(module)
        elif not (top == "channels" and inside and name in PARALLEL):
            named[name].append(module)
    for name, modules in named.items():
        if len(modules) > 1:
            yield f"{len(modules)} modules are called {name}: {', '.join(modules)}"


def _order(rooms: Graph) -> list[str]:
    """The rooms of a folder, those that import before those that are imported."""
    try:
        return list(reversed(tuple(TopologicalSorter(rooms).static_order())))
    except CycleError:
        return sorted(rooms)


if __name__ == "__main__":
    sys.exit(main())
