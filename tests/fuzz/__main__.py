"""At length: `python -m tests.fuzz`. Ends with 1 if a request ended in an error of ours, hung, or left memory
behind; such a payload belongs into tests/fuzz/corpus, once it is mended.

An event that was accepted is worked on by the program as any other, in the same process and by the fake
assistant; `--target` names one of telegram, sms, messenger, web, orders, cases, withdraw, returns, api.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

import structlog

from bot.web.openapi import document
from store.core import schema
from store.core.database import Database
from tests.fuzz.api import explore
from tests.fuzz.case_targets import case_makers
from tests.fuzz.run import Outcome, base_of, rss, run
from tests.fuzz.targets import api_headers, askers, makers
from tests.whole import whole_program

PAYLOADS, REQUESTS = 100_000, 20_000
WARM = 3000  # requests before memory is measured: buffers and caches fill
GROWTH = 100.0  # MB that a target may add: its conversations are in the database, not in memory


async def main(arguments: argparse.Namespace) -> int:
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database(arguments.database or f"sqlite:///{folder}/fuzz.db")
        schema.upgrade(database)
        async with whole_program(database, Path(folder), AFTERCARE_RATE_LIMITS="off") as whole:
            base = base_of(whole.client)
            targets = makers(whole.program, arguments.seed)
            targets |= case_makers(whole.program, database, api_headers(whole.program))
            for name in [one for one in targets if one in (arguments.target or targets)]:
                count = arguments.requests if name == "orders" else arguments.payloads
                await run(name, targets[name], base, min(WARM, count // 10), arguments.seed + 1)
                outcome = await run(name, targets[name], base, count, arguments.seed, print)
                print(outcome.line(), flush=True)
                for what, sent in outcome.failures:
                    print(f"  {what}: {sent.method} {sent.path} {sent.body[:400]!r}", flush=True)
                found.append(outcome)
            if not arguments.target or "api" in arguments.target:
                before, operations = rss(), 60
                statuses = await asyncio.to_thread(
                    explore,
                    document(whole.app),
                    base,
                    askers(whole.program, database),
                    arguments.requests // operations,
                    arguments.seed,
                )
                print(
                    f"api: {sum(statuses.values())} sent {dict(sorted(statuses.items()))}; "
                    f"{before:.0f} MB before, {rss():.0f} MB after"
                )
        print(f"at the end: {rss():.0f} MB")
        database.close()
    grown = [one.name for one in found if one.memory[1] - one.memory[0] > GROWTH]
    if grown:
        print(f"memory grew with {', '.join(grown)}")
    return 1 if grown or any(one.failures for one in found) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--payloads", type=int, default=PAYLOADS, help="for each channel")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="to the orders API, and to all APIs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", help="only this one; may be given several times")
    parser.add_argument("--database", default=os.environ.get("FUZZ_DATABASE_URL", ""), help="an empty one")
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sys.exit(asyncio.run(main(parser.parse_args())))
