"""The words of closed vocabularies in the database and in what channels say."""

import json

import pytest
from sqlalchemy import insert, select, text

from channels import contract
from store import vocabulary
from store.conversations import conversations
from store.core.database import Database
from store.tables import conversations as table
from store.tables import metadata
from store.tables.base import OneOf, now
from store.vocabulary import Owner

COLUMNS = [
    pytest.param(column.type, id=f"{table.name}.{column.name}")
    for table in metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, OneOf)
]


def test_a_word_is_stored_as_text_and_read_as_a_member(database: Database) -> None:
    with database.write() as connection:
        one = conversations.open_for(connection, "web", "default", "v")
        conversations.set_owner(connection, one, Owner.QUEUE, "bot", "asked", now())
        kept = connection.execute(text("SELECT owner FROM conversations")).scalar_one()
        owner = conversations.get(connection, one.id).owner
    assert type(kept) is str and kept == "queue"
    assert owner is Owner.QUEUE and json.dumps(owner) == '"queue"'
    word: str = owner
    assert word == "queue"


def test_a_word_of_a_later_version_is_read_as_it_stands(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            insert(table).values(channel="web", account="default", address="v", owner="parked")
        )
        assert connection.execute(select(table.c.owner)).scalar_one() == "parked"


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_word_fits_its_column(kind: OneOf) -> None:
    assert max(len(word) for word in kind.vocabulary) <= kind.length


def test_the_store_knows_what_channels_say() -> None:
    assert set(contract.ProofBy) < set(vocabulary.ProofBy)
    words: set[str] = set(contract.ReceiptState)
    assert words == set(vocabulary.SendState)
