"""Makes one fault after another in a copy of the checkout and runs the tests that must catch it.

`--only NAME` (more than once): those whose name begins so. `--list`: names, files and tests only. Ends with 1
if a fault survives or can't be made. Set TEST_DATABASE_URL for those that show on PostgreSQL only.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from tests.mutations import copy, trial
from tests.mutations.catalogue import MUTATIONS
from tests.mutations.mutation import Mutation
from tests.mutations.trial import Ran, Result

AT_ONCE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", help="those whose name begins so")
    parser.add_argument("--list", action="store_true", help="list them, run nothing")
    arguments = parser.parse_args()
    chosen = [one for one in MUTATIONS if not arguments.only or one.name.startswith(tuple(arguments.only))]
    if not chosen:
        parser.error("no mutation has a name that begins so: see --list")
    if arguments.list:
        for one in chosen:
            print(f"{one.name:42} {one.file:40} {' '.join(one.tests)}")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        roots = [Path(folder, str(number)) for number in range(AT_ONCE)]
        for root in roots:
            copy.make(root)
        return _report(roots, chosen)


def _report(roots: Sequence[Path], chosen: Sequence[Mutation]) -> int:
    for ran in _without_faults(roots, sorted({test for one in chosen for test in one.tests})):
        if ran.code:
            print(ran.output, "The tests must pass first as the code stands.", sep="\n", file=sys.stderr)
            return 1
    results = []
    for result in _results(roots, chosen):
        print(f"{result.name:42} {result.seconds:6.1f} s  {result.said}", flush=True)
        results.append(result)
    bad = [one for one in results if not one.good]
    for one in bad:
        print(f"\n--- {one.name}: {one.said}\n{one.output}", file=sys.stderr)
    skipped = sum(one.good and not one.seconds for one in results)
    caught = len(results) - len(bad) - skipped
    print(f"\n{len(results)} mutations: {caught} caught, {len(bad)} not, {skipped} not run")
    return 1 if bad else 0


def _without_faults(roots: Sequence[Path], tests: Sequence[str]) -> list[Ran]:
    """How the tests end without any fault: one that fails then would catch none."""
    each = -(-len(tests) // len(roots))
    shares = [tests[place : place + each] for place in range(0, len(tests), each)]
    with ThreadPoolExecutor(len(shares)) as pool:
        return list(pool.map(lambda root, share: trial.run(root, share, longest=None), roots, shares))


def _results(roots: Sequence[Path], chosen: Sequence[Mutation]) -> Iterator[Result]:
    free: SimpleQueue[Path] = SimpleQueue()
    for root in roots:
        free.put(root)

    def judge(mutation: Mutation) -> Result:
        root = free.get()
        try:
            return trial.judge(root, mutation)
        finally:
            free.put(root)

    with ThreadPoolExecutor(len(roots)) as pool:
        for done in as_completed([pool.submit(judge, one) for one in chosen]):
            yield done.result()


if __name__ == "__main__":
    sys.exit(main())
