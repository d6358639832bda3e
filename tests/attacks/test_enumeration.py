"""Finding out which e-mails have an account at the desk, by what tries to sign in are told. How long answers
take is another matter: `tests/desk/test_accounts.py` has the hash that is reckoned in any case."""

import pytest

from store.core.database import Database
from tests.desk.test_accounts_api import ANNA, code, desk, join, sign_in
from tests.faults import THOROUGH

TRIES = 40 if THOROUGH else 12


@pytest.mark.parametrize("processes", [1, 2])
async def test_known_and_unknown_are_told_alike_over_all_processes(
    database: Database, processes: int
) -> None:
    join(database)
    told = {}
    async with desk(database, limited=False) as first, desk(database, limited=False) as second:
        clients = [first, second][:processes]
        for email in (ANNA, "nobody@linden.example"):
            answers = [
                code(await sign_in(clients[n % processes], email, password="wrong wrong"))
                for n in range(TRIES)
            ]
            told[email] = answers
    assert told[ANNA] == told["nobody@linden.example"]
    assert told[ANNA].count((401, "wrong")) == 5
