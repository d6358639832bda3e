"""`/withdraw`: the withdrawal function of Directive 2011/83/EU, article 11a. Its first step asks for what the
law names, its second repeats it and asks to confirm. Whether the order exists is told to nobody."""

import secrets
from datetime import timedelta
from typing import Any, Final

from sanic import HTTPResponse, Request

from bot.runtime import log
from bot.shop.page_texts import Speech
from bot.web.customer_pages import form_fields
from bot.web.customer_pages.elements import Html, hidden, lines, rows, tag
from bot.web.customer_pages.form_fields import Fields
from bot.web.customer_pages.form_state import FormStates
from bot.web.customer_pages.guarded import Guarded
from bot.web.customer_pages.page_frame import Page, Problem, button, form, labelled
from bot.withdrawal.acknowledgement import content
from bot.withdrawal.statement import MAX_NAME, MAX_NUMBER, MAX_WORDS, Statement
from bot.withdrawal.withdrawals import Settled, Withdrawals

HERE: Final = "withdraw"
LIFETIME: Final = timedelta(hours=24)  # between the two steps; nothing in it is to be trusted
_NAMES: Final = ("name", "number", "contact", "goods", "reason")
_log = log.get("pages")


class WithdrawalPage:
    def __init__(self, guarded: Guarded, withdrawals: Withdrawals) -> None:
        self._guarded = guarded
        self._withdrawals = withdrawals
        self._states = FormStates(guarded.secret, "withdrawal", LIFETIME)

    async def show(self, _request: Request, speech: Speech) -> HTTPResponse:
        return self._form(speech, {}, ())

    async def take(self, request: Request, speech: Speech) -> HTTPResponse:
        fields = form_fields.read(request)
        go = fields.raw("go")
        if go not in ("confirm", "change", "repeat"):
            return self._stated(speech, fields)
        state = self._states.open(fields.raw("state"), self._guarded.clock())
        # What was changed on its way is asked for anew; what waited too long is shown once more.
        if state is None:
            return self._form(speech, {}, [Problem("name", speech("state_lost"))])
        given = {name: str(state.values.get(name, "")) for name in _NAMES}
        if go == "change":
            return self._form(speech, given, ())
        if go == "repeat" or state.over:
            return self._review(speech, given)
        return await self._guarded.slowly(self._confirmed(request, speech, fields, given, state.values["id"]))

    # --- the first step -----------------------------------------------------------------------------

    def _stated(self, speech: Speech, fields: Fields) -> HTTPResponse:
        given = {
            "name": fields.line("name", MAX_NAME),
            "number": fields.line("number", MAX_NUMBER),
            "contact": fields.line("contact", form_fields.MAX_CONTACT),
            "goods": fields.text("goods", MAX_WORDS),
            "reason": fields.text("reason", MAX_WORDS),
        }
        problems = [
            Problem(name, speech(f"problem_{name}")) for name in ("name", "number") if not given[name]
        ]
        if not self._contact(given["contact"]):
            problems.append(Problem("contact", speech("problem_contact")))
        return self._form(speech, given, problems) if problems else self._review(speech, given)

    def _form(
        self, speech: Speech, given: dict[str, str], problems: list[Problem] | tuple[()]
    ) -> HTTPResponse:
        def entry(name: str, label: str, size: int, hint: str = "", **more: Any) -> Html:
            return labelled(
                name, speech(label), problems, value=given.get(name, ""), hint=hint, maxlength=size, **more
            )

        body = [
            tag("p", speech("withdraw_intro")),
            form(
                HERE,
                speech,
                entry("name", "your_name", MAX_NAME, autocomplete="name", required=True),
                entry("number", "order_number", MAX_NUMBER, speech("number_hint"), required=True),
                entry(
                    "contact",
                    "contact",
                    form_fields.MAX_CONTACT,
                    speech("withdraw_contact_hint"),
                    autocomplete="email",
                    required=True,
                ),
                entry("goods", "which_goods", MAX_WORDS, speech("which_goods_hint"), tall=True),
                entry("reason", "why", MAX_WORDS, speech("why_hint"), tall=True),
                button(speech("withdraw_here"), "state"),
            ),
            tag("p", speech("withdraw_two_steps"), class_="hint"),
        ]
        status = 422 if problems else 200
        page = Page(speech("withdraw_here"), HERE, body, problems=problems, status=status)
        return self._guarded.frame.answer(page, speech)

    def _contact(self, text: str) -> str | None:
        return form_fields.contact(text, self._guarded.shop.orders.phone_region)

    # --- the second ---------------------------------------------------------------------------------

    def _review(
        self, speech: Speech, given: dict[str, str], id_: str = "", *, failed: bool = False
    ) -> HTTPResponse:
        """`failed`: it could not be kept, so that nobody knows it yet; the same is confirmed once more."""
        state = self._states.seal({**given, "id": id_ or secrets.token_hex(16)}, self._guarded.clock())
        shop = self._guarded.shop.contact
        told = {
            speech("your_name"): given["name"],
            speech("order_number"): given["number"],
            speech("goods"): lines(given["goods"] or speech("whole_order")),
            speech("contact"): given["contact"],
        }
        if given["reason"]:
            told[speech("reason")] = lines(given["reason"])
        body = [
            tag("p", speech("not_kept", email=shop.email, phone=shop.phone), class_="note", role="alert")
            if failed
            else tag("p", speech("review_intro")),
            tag("blockquote", tag("p", speech("withdrawal_statement")), rows(told)),
            form(
                HERE,
                speech,
                hidden(state=state),
                button(speech("confirm_withdrawal"), "confirm"),
                button(speech("change"), "change", quiet=True),
            ),
        ]
        again = {"state": state, "go": "repeat"}
        page = Page(speech("review_title"), HERE, body, again=again, status=503 if failed else 200)
        return self._guarded.frame.answer(page, speech)

    async def _confirmed(
        self, request: Request, speech: Speech, fields: Fields, given: dict[str, str], id_: str
    ) -> HTTPResponse:
        guarded, contact = self._guarded, self._contact(given["contact"])
        if contact is None:  # the shop's region has changed meanwhile
            return self._form(speech, given, [Problem("contact", speech("problem_contact"))])
        guarded.count(contact)
        network = guarded.network(request)
        texts = {name: given[name] for name in ("name", "number", "goods", "reason")}
        statement = Statement(
            id=id_,
            contact=contact,
            language=speech.language,
            network=network,
            stated_at=guarded.clock(),
            **texts,
        )
        try:
            kept = await guarded.database.run(self._withdrawals.keep, statement)
        except Exception as error:
            _log.error("withdrawal_not_kept", error=log.told(error))
            return self._review(speech, given, id_, failed=True)
        # From here on it can't be lost any more, whatever goes wrong.
        try:
            settled = await guarded.database.run(self._withdrawals.settle, kept)
        except Exception as error:
            _log.error("withdrawal_waits", exc_info=error)
            settled = None
        state = fields.raw("state")
        return self._done(speech, kept, settled, {"state": state, "go": "confirm"})

    def _done(
        self, speech: Speech, statement: Statement, settled: Settled | None, again: dict[str, str]
    ) -> HTTPResponse:
        number = settled.case.number if settled else ""
        statement = settled.statement if settled else statement
        mailed = "mailed" if "@" in statement.contact else "not_mailed"
        told = {name: lines(text) for name, text in content(speech, statement, number).items()}
        body = [
            tag("p", speech("withdrawal_received"), class_="good", role="status"),
            tag("blockquote", tag("p", speech("withdrawal_statement")), rows(told)),
            None if number else tag("p", speech("number_follows")),
            tag("p", speech(mailed, contact=statement.contact)),
            tag("h2", speech("next_steps")),
            tag("p", speech("withdrawal_next")),
        ]
        page = Page(speech("withdrawal_done_title"), HERE, body, again=again)
        return self._guarded.frame.answer(page, speech)
