"""The steps of the returns page, as HTML."""

from collections.abc import Sequence
from typing import Final

from actions.facts.case_facts import LastDay
from bot.runtime.label_links import LabelLinks, has_label
from bot.shop.page_texts import Speech
from bot.web.customer_pages.elements import Child, Html, hidden, lines, rows, tag
from bot.web.customer_pages.page_frame import Problem, button, choices, form, labelled
from bot.web.customer_pages.return_choice import (
    ABOUT,
    CHANGED_MIND,
    MAX_INSTEAD,
    MAX_SERIAL,
    MAX_WORDS,
    REASONS,
    Choice,
    Standing,
)
from bot.web.customer_pages.standing_views import card, label_link, listed, sum_of
from store.cases.after_sales import Offer
from store.cases.cases import Case
from store.orders.orders import Line
from store.vocabulary import CaseKind, CaseState, DeadlineKind, ReturnWay, Wish

HERE: Final = "returns"


def proof(speech: Speech, number: str, contact: str, problems: Sequence[Problem]) -> list[Child]:
    """The first step."""
    return [
        tag("p", speech("returns_intro")),
        form(
            HERE,
            speech,
            labelled(
                "number",
                speech("order_number"),
                problems,
                value=number,
                hint=speech("number_hint"),
                maxlength=40,
                required=True,
            ),
            labelled(
                "contact",
                speech("contact"),
                problems,
                value=contact,
                hint=speech("returns_contact_hint"),
                maxlength=254,
                autocomplete="email",
                required=True,
            ),
            button(speech("next"), "prove"),
        ),
    ]


def goods(
    speech: Speech,
    found: Standing,
    choice: Choice,
    state: str,
    labels: LabelLinks,
    last_day: LastDay,
    problems: Sequence[Problem],
) -> list[Child]:
    """The second: the customer's cases, what it is about, and which goods."""
    return [
        tag("h2", speech("my_cases")) if found.cases else None,
        listed(found.cases, labels, speech, last_day) if found.cases else None,
        tag("h2", speech("new_case")),
        form(
            HERE,
            speech,
            hidden(state=state),
            choices(
                "kind",
                speech("about"),
                {kind: speech(f"kind_{kind}") for kind in ABOUT},
                problems,
                chosen=choice.kind,
            ),
            _lines(speech, found, choice, problems),
            button(speech("next"), "choose"),
        ),
    ]


def _lines(speech: Speech, found: Standing, choice: Choice, problems: Sequence[Problem]) -> Html:
    wrong = next((one.text for one in problems if one.field == "goods"), "")
    return tag(
        "fieldset",
        tag("legend", speech("which_goods_of", order=found.order.number)),
        tag("p", speech("which_goods_none"), class_="hint", id="goods-hint"),
        tag("p", wrong, class_="error", id="goods-error") if wrong else None,
        (_line(speech, line, found.left[line.position], choice) for line in found.order.lines),
        id="goods",
        tabindex="-1" if wrong else None,
        aria_describedby="goods-hint goods-error" if wrong else "goods-hint",
    )


def _line(speech: Speech, line: Line, left: int, choice: Choice) -> Html:
    place = f"line-{line.position}"
    options = ", ".join((line.options or {}).values())
    name = f"{line.name} ({options})" if options else line.name
    count = choice.lines.get(str(line.position), 0)
    if not left:
        return tag("div", tag("p", name), tag("p", speech("in_a_case"), class_="hint"), class_="option gone")
    box = tag("input", type="checkbox", name=place, value="1", id=place, checked=count > 0)
    parts = [box, tag("label", name, for_=place)]
    if left > 1:
        entry = tag(
            "input",
            type="number",
            name=f"count-{line.position}",
            value=str(count or left),
            min="1",
            max=str(left),
            inputmode="numeric",
            aria_label=f"{speech('how_many')}: {name}",
        )
        parts.append(tag("span", entry, " ", speech("of_pieces", count=str(left)), class_="count"))
    return tag("div", parts, class_="option")


def details(
    speech: Speech,
    choice: Choice,
    state: str,
    wished: Sequence[Wish],
    sent: Sequence[ReturnWay],
    email: str,
    problems: Sequence[Problem],
) -> list[Child]:
    """The third: what they want, why, and how it comes back."""
    kind = CaseKind(choice.kind)
    parts: list[Child] = []
    if len(wished) > 1:
        options: dict[str, Child] = {one: speech(f"wish_{one}") for one in wished}
        parts.append(choices("wish", speech("your_wish"), options, problems, chosen=choice.wish or wished[0]))
    if Wish.EXCHANGE in wished:
        parts.append(
            labelled(
                "instead",
                speech("instead"),
                problems,
                value=choice.instead,
                hint=speech("instead_hint"),
                maxlength=MAX_INSTEAD,
            )
        )
    if kind in CHANGED_MIND:
        reasons: dict[str, Child] = {"": speech("reason_none")}
        reasons |= {one: speech(f"reason_{one}") for one in REASONS}
        parts.append(choices("reason", speech("why"), reasons, problems, chosen=choice.reason))
    if kind == CaseKind.DEFECT:
        parts.append(
            labelled("serial", speech("serial"), problems, value=choice.serial_number, maxlength=MAX_SERIAL)
        )
    needed = kind == CaseKind.COMPLAINT
    parts.append(
        labelled(
            "words",
            speech("words_needed" if needed else "words"),
            problems,
            value=choice.words,
            hint="" if kind in CHANGED_MIND else speech("photos_hint", email=email),
            tall=True,
            maxlength=MAX_WORDS,
        )
    )
    if len(sent) > 1:
        options = {one: speech(f"way_{one}") for one in sent}
        parts.append(choices("way", speech("your_way"), options, problems, chosen=choice.way or sent[0]))
    return [
        form(
            HERE,
            speech,
            hidden(state=state),
            parts,
            button(speech("next"), "describe"),
            button(speech("back"), "goods", quiet=True),
        )
    ]


def summary(
    speech: Speech, found: Standing, choice: Choice, offer: Offer, state: str, *, changed: bool
) -> list[Child]:
    """The fourth: what they ask for, and what comes of it."""
    told: dict[str, Child] = {
        speech("order_number"): found.order.number,
        speech("about"): speech(f"kind_{choice.kind}"),
    }
    if choice.lines:
        named = ((found.line(int(position)), count) for position, count in choice.lines.items())
        told[speech("goods")] = tag(
            "ul", (tag("li", f"{count} × {line.name}") for line, count in named if line), class_="pieces"
        )
    told[speech("your_wish")] = speech(f"wish_{offer.wish}")
    if offer.assessment.goods_back and choice.way:
        told[speech("your_way")] = speech(f"way_{choice.way}")
    for name, text in (
        ("instead", choice.instead if offer.wish == Wish.EXCHANGE else ""),
        ("reason", speech(f"reason_{choice.reason}") if choice.reason else ""),
        ("serial", choice.serial_number),
        ("words_needed", choice.words),
    ):
        if text:
            told[speech(name)] = lines(text)
    return [
        tag("p", speech("offer_changed"), class_="note", role="alert") if changed else None,
        rows(told),
        sum_of(offer.refund, found.order, speech) if offer.refund and offer.refund.total > 0 else None,
        tag("h2", speech("what_holds")),
        tag("ul", (tag("li", one) for one in _holds(speech, choice, offer)), class_="holds"),
        form(
            HERE,
            speech,
            hidden(state=state),
            button(speech("confirm_case"), "confirm"),
            button(speech("back"), "details", quiet=True),
        ),
    ]


def _holds(speech: Speech, choice: Choice, offer: Offer) -> list[str]:
    """Until when, who pays, and who decides."""
    assessment = offer.assessment
    told = []
    if assessment.last_day:
        told.append(
            speech(
                "until_law" if assessment.stated_as_law else "until", date=speech.date(assessment.last_day)
            )
        )
    if assessment.goods_back and offer.wish != Wish.REDUCTION:
        if choice.way == ReturnWay.SHOP:
            told.append(speech("pays_nobody"))
        else:
            told.append(speech("pays_shop" if assessment.shop_pays else "pays_you"))
    elif choice.lines and CaseKind(choice.kind) != CaseKind.MISSING_ITEM:
        told.append(speech("keep_goods"))
    if offer.refund and offer.refund.total > 0:
        told.append(speech("means_credit" if offer.wish == Wish.CREDIT else "means_same"))
    told.append(speech("approved_at_once" if offer.approved else "person_looks"))
    return told


def done(speech: Speech, case: Case, labels: LabelLinks, last_day: LastDay, *, new: bool) -> list[Child]:
    """The last: the number, and what comes next."""
    steps = []
    back = next((one.due_at for one in case.deadlines if one.kind == DeadlineKind.SEND_BACK), None)
    if has_label(case):
        steps.append(tag("li", speech("step_label"), " ", label_link(case, labels, speech)))
    elif case.way == ReturnWay.SHOP:
        steps.append(tag("li", speech("step_shop")))
    elif back:
        steps.append(tag("li", speech("step_wait_label")))
    if back and case.state == CaseState.APPROVED:
        steps.append(tag("li", speech("send_until", date=speech.date(last_day(back, case.jurisdiction)))))
    for kind, name in ((DeadlineKind.ANSWER, "step_answer"), (DeadlineKind.REFUND, "step_refund")):
        due = next((one.due_at for one in case.deadlines if one.kind == kind and one.met_at is None), None)
        if due:
            steps.append(tag("li", speech(name, date=speech.date(last_day(due, case.jurisdiction)))))
    return [
        tag("p", speech("case_new" if new else "case_known", case=case.number), class_="good", role="status"),
        tag("h2", speech("next_steps")),
        tag("ol", steps) if steps else tag("p", speech("step_none")),
        tag("h2", speech("my_case")),
        card(case, labels, speech, last_day),
        tag("p", speech("look_again"), class_="hint"),
    ]
