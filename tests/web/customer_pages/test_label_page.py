"""The label: by a signed link that ends, for cases that have one."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.runtime.label_links import LabelLinks
from store.cases import acts, cases
from store.cases.cases import Case
from store.cases.machine import CaseAct, GoodsAct
from store.core.database import Database
from store.vocabulary import Actor
from tests.store.cases.making import AT, by, opened
from tests.web.customer_pages.paging import KNOWLEDGE, SECRET, Served, label_of, pages


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    async with pages(database) as served:
        yield served


def labelled(database: Database) -> Case:
    """A case whose label is ready."""
    with database.write() as connection:
        case = opened(connection).case
        for act in (CaseAct.ACKNOWLEDGE, CaseAct.APPROVE):
            acts.act(connection, case.id, act, by(Actor.ASSISTANT, act))
        lines = {one.id: None for one in case.lines}
        return acts.move(connection, case.id, GoodsAct.ISSUE_LABEL, by(Actor.ASSISTANT, "l"), lines)


async def test_a_label_has_address_number_and_code(served: Served) -> None:
    case = labelled(served.database)
    doc = await served.visitor.get(label_of(served, case))
    assert doc.status == 200
    for part in (case.number, KNOWLEDGE.shop.contact.address, KNOWLEDGE.shop.name, "2 × Mug"):
        assert part in doc.text, part
    assert '<html lang="lt">' in doc.answer.text  # the case's
    (code,) = [given for tag, given in doc.tags if tag == "svg"]
    assert code["role"] == "img" and case.number in (code["aria-label"] or "")
    # The page's policy lets no style in, so that the code must need none.
    assert "style" not in doc.answer.text.partition("<svg")[2].partition("</svg>")[0]


async def test_a_link_that_is_not_ours_or_has_ended_opens_nothing(served: Served) -> None:
    case = labelled(served.database)
    link = label_of(served, case)
    said = set()
    other = "R-AAAAAAA"
    for wrong in (
        link.replace(case.number, other), link[:-1], f"{link}0", link.partition("?")[0],
        link.replace("expires=", "expires=9"), link.replace("signature=", "signature=%ff%00ė"),
        link.replace(case.number, "%00"), link.replace(case.number, "x" * 3000),
        served.guarded.labels.label_link(case, AT - timedelta(days=61)),
    ):  # fmt: skip
        doc = await served.visitor.get(wrong.replace("lang=lt", "lang=en"))
        assert doc.status == 404, wrong
        said.add(doc.answer.text)
    assert len(said) == 1 and "not valid" in said.pop()


async def test_a_link_to_a_case_that_is_unknown_or_has_no_label_is_answered_alike(served: Served) -> None:
    with served.database.write() as connection:
        case = opened(connection).case
    without = await served.visitor.get(label_of(served, case))
    unknown = await served.visitor.get(served.guarded.labels.path("R-2222222", "lt", served.clock()))
    assert (without.status, without.answer.text) == (404, unknown.answer.text)


async def test_a_case_that_is_over_has_no_label(served: Served) -> None:
    case = labelled(served.database)
    with served.database.write() as connection:
        acts.act(connection, case.id, CaseAct.DECLINE, by(Actor.AGENT, "d"), "used")
    assert (await served.visitor.get(label_of(served, case))).status == 404


async def test_links_for_mails_are_whole_and_of_this_server(served: Served) -> None:
    case = labelled(served.database)
    links = LabelLinks(SECRET, "https://shop.example/support/")
    link = links.label_link(case, AT)
    assert link.startswith(f"https://shop.example/support/cases/{case.number}/label?lang=lt&expires=")
    assert (await served.visitor.get(link.removeprefix("https://shop.example/support"))).status == 200
    forged = LabelLinks(b"x" * 48).label_link(case, AT)
    assert (await served.visitor.get(forged)).status == 404
    # A file's link with the same secret is no label's.
    with served.database.read() as connection:
        assert cases.find(connection, case.number)
