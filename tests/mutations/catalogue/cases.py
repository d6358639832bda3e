"""After-sales cases: nothing without a yes and a proof, all once, no money too early, twice or alone."""

from tests.mutations.mutation import Mutation

TALK = "tests/assistant/test_case_talk.py"
API = "tests/web/test_case_api.py"
WITHDRAWAL = "tests/web/customer_pages/test_withdrawal_page.py"
RETURNS = "tests/web/customer_pages/test_returns_page.py"
LABEL = "tests/web/customer_pages/test_label_page.py"
CASES = "tests/store/cases/test_cases.py"
CAP = "tests/store/cases/test_cap.py"
DESK = "tests/desk/test_cases_api.py"
HOOKS = "tests/shopside/test_case_hooks.py"
MOVER = "tests/shopside/test_refund_mover.py"

SAYS_YES = "actions/cases/case_opening.py"
WITHDRAWALS = "bot/cases/withdrawals.py"
PAGE = "bot/web/customer_pages/withdrawal_page.py"
PROOF = "bot/web/customer_pages/order_proof.py"
RETURN = "bot/web/customer_pages/returns_page.py"
STATE = "bot/web/customer_pages/form_state.py"
DEEDS = "bot/web/case_door/case_deeds.py"
KEYS = "store/cases/feed/case_keys.py"
QUEUE = "store/cases/feed/hook_queue.py"
DUE = "store/cases/feed/due_refunds.py"
OPENING = "store/cases/opening.py"
ACTS = "store/cases/acts.py"
MACHINE = "store/cases/machine.py"
REFUNDS = "store/cases/refunds.py"
SALES = "store/cases/after_sales.py"
DAYS = "store/cases/law/deadlines.py"
LINKS = "bot/runtime/label_links.py"
SIGNATURE = "bot/shopside/hook_signature.py"
PAYS = "bot/shopside/refund_mover.py"

_YES_AND_PROOF = (
    Mutation(
        "case-yes-not-needed",
        SAYS_YES,
        'if tracker.get_slot("confirmed") != "yes" or not code.is_given(Form.CASE, tracker):',
        "if not code.is_given(Form.CASE, tracker):",
        (f"{TALK}::test_a_no_registers_nothing",),
    ),
    Mutation(
        "case-proof-while-one-has-to-wait",
        PROOF,
        "if found and not attempt.waiting:",
        "if found:",
        (f"{RETURNS}::test_wrong_unknown_and_waiting_are_answered_alike",),
    ),
    Mutation(
        "case-wrong-proof-not-counted",
        PROOF,
        "    attempt.fail()\n",
        "",
        (f"{RETURNS}::test_wrong_unknown_and_waiting_are_answered_alike",),
    ),
    Mutation(
        "case-withdrawal-of-somebody-elses-order",
        WITHDRAWALS,
        "orders.find_with_contact(connection, number, contact)",
        "orders.find(connection, number)",
        (f"{WITHDRAWAL}::test_a_wrong_contact_opens_nobodys_order",),
    ),
    Mutation(
        "case-withdrawal-assessed-while-one-has-to-wait",
        WITHDRAWALS,
        "if order is None or attempt.waiting:",
        "if order is None:",
        (f"{WITHDRAWAL}::test_guesses_are_counted_and_what_waits_is_kept_for_a_person",),
    ),
    Mutation(
        "case-form-of-another-page",
        STATE,
        'hmac.new(secret, b"forms of customers\' pages", hashlib.sha256).digest()\n        self._of = of',
        'hmac.new(secret, b"forms of customers\' pages", hashlib.sha256).digest()\n        self._of = "form"',
        (
            f"{WITHDRAWAL}::test_what_was_changed_on_its_way_is_asked_for_anew",
            f"{RETURNS}::test_a_proof_ends_and_a_forged_one_is_none",
        ),
    ),
    Mutation(
        "case-form-for-ever",
        STATE,
        "FormState(values, at >= ends)",
        "FormState(values, False)",
        (f"{RETURNS}::test_a_proof_ends_and_a_forged_one_is_none",),
    ),
    Mutation(
        "case-sum-changed-unseen",
        RETURN,
        "if shown(looked[1]) != choice.shown:",
        "if False:",
        (f"{RETURNS}::test_another_sum_than_the_summarys_is_asked_for_again",),
    ),
)

_KEPT_FIRST = (
    Mutation(
        "case-statement-not-kept-but-confirmed",
        PAGE,
        "            return self._review(speech, given, id_, failed=True)\n",
        "            kept = statement\n",
        (f"{WITHDRAWAL}::test_what_could_not_be_kept_is_never_said_to_be",),
    ),
    Mutation(
        "case-statement-not-kept-first",
        WITHDRAWALS,
        "        timers.schedule(\n"
        "            connection, KIND, statement.id, statement.stated_at + GRACE, "
        "payload=statement.payload()\n"
        "        )\n",
        "",
        (f"{WITHDRAWAL}::test_what_is_kept_becomes_a_case_after_the_server_was_killed",),
    ),
    Mutation(
        "case-statement-forgotten-before-its-mail",
        WITHDRAWALS,
        "        if settled.acknowledged:\n            timers.cancel",
        "        if settled:\n            timers.cancel",
        (f"{WITHDRAWAL}::test_a_failing_mail_loses_nothing_and_is_written_later",),
    ),
    Mutation(
        "case-statement-tried-once",
        WITHDRAWALS,
        "return None if settled.acknowledged else self._clock() + AGAIN",
        "return None",
        (f"{WITHDRAWAL}::test_a_failing_mail_loses_nothing_and_is_written_later",),
    ),
    Mutation(
        "case-statement-lost-with-its-assessment",
        WITHDRAWALS,
        '                _log.error("withdrawal_not_assessed", order=order.id, exc_info=error)\n',
        "                raise\n",
        (f"{WITHDRAWAL}::test_a_failing_assessment_loses_nothing",),
    ),
    Mutation(
        "case-statement-counts-from-the-second-press",
        WITHDRAWALS,
        "return Statement.of(kept.payload) if kept else statement",
        "return statement",
        (f"{WITHDRAWAL}::test_pressed_again_after_a_kill_it_counts_from_the_first_time",),
    ),
    Mutation(
        "case-statement-settled-twice",
        WITHDRAWALS,
        "if before := told_before(connection, number, contact, key):",
        'if before := told_before(connection, number, contact, ""):',
        (f"{WITHDRAWAL}::test_confirmed_again_after_its_end_it_is_the_same_case",),
    ),
)

_ONCE = (
    Mutation(
        "case-same-forgets-the-goods",
        OPENING,
        "draft.order_number, sorted(where)]",
        "draft.order_number]",
        (f"{CASES}::test_other_goods_another_kind_and_another_person_are_another_case",),
    ),
    Mutation(
        "case-same-forgets-the-person",
        OPENING,
        "said: list[Any] = [draft.kind, draft.contact, ",
        "said: list[Any] = [draft.kind, ",
        (f"{CASES}::test_other_goods_another_kind_and_another_person_are_another_case",),
    ),
    Mutation(
        "case-same-forgets-the-kind",
        OPENING,
        "said: list[Any] = [draft.kind, draft.contact, ",
        "said: list[Any] = [draft.contact, ",
        (f"{CASES}::test_other_goods_another_kind_and_another_person_are_another_case",),
    ),
    Mutation(
        "case-same-forgets-the-words",
        OPENING,
        "        said.append(draft.about)\n",
        "        pass\n",
        (f"{WITHDRAWAL}::test_goods_are_told_apart_alike_whether_the_order_exists",),
    ),
    Mutation(
        "case-same-after-its-end",
        ACTS,
        '        values["same"] = None  # the same may be told again\n',
        "",
        (f"{CASES}::test_after_its_end_the_same_can_be_told_again",),
    ),
    Mutation(
        "case-same-not-looked-for",
        OPENING,
        "        if known is not None:\n            return _again",
        "        if False:\n            return _again",
        (f"{CASES}::test_the_same_told_twice_is_one_case",),
    ),
    Mutation(
        "case-act-done-twice",
        ACTS,
        "        return case\n    _fresh(case, version)\n    state = step(CASE,",
        "        pass\n    _fresh(case, version)\n    state = step(CASE,",
        (f"{CASES}::test_an_act_happens_once_for_its_key",),
    ),
    Mutation(
        "case-goods-moved-twice",
        ACTS,
        "        return case\n    _fresh(case, version)\n    if case.state in (CaseState.WITHDRAWN",
        "        pass\n    _fresh(case, version)\n    if case.state in (CaseState.WITHDRAWN",
        (f"{CASES}::test_goods_and_money_move_once_for_their_key",),
    ),
    Mutation(
        "case-money-moved-twice",
        ACTS,
        "        return case\n    refunds.move(",
        "        pass\n    refunds.move(",
        (f"{CASES}::test_goods_and_money_move_once_for_their_key",),
    ),
    Mutation(
        "case-approved-twice",
        SALES,
        "        if timeline.known(connection, case.id, by.key):\n"
        "            return cases.lock(connection, case.id)\n",
        "",
        (f"{CAP}::test_approved_twice_with_one_key_it_is_planned_once",),
    ),
    Mutation(
        "case-api-act-done-twice",
        DEEDS,
        "        if case_keys.is_known(connection, key, case.id):\n            return case\n",
        "",
        (f"{API}::test_an_act_happens_once_for_its_key",),
    ),
    Mutation(
        "case-api-begun-again-after-its-end",
        DEEDS,
        "        if known is not None:\n",
        "        if False:\n",
        (f"{API}::test_a_key_stands_for_one_case_also_after_its_end",),
    ),
    Mutation(
        "case-api-key-of-anything",
        KEYS,
        "            raise KeyReused\n",
        "            pass\n",
        (f"{API}::test_a_key_stands_for_one_case_also_after_its_end",),
    ),
    Mutation(
        "case-api-key-without-its-body",
        KEYS,
        "asked = json.dumps(body, sort_keys=True)",
        'asked = ""',
        (f"{API}::test_a_key_stands_for_one_case_also_after_its_end",),
    ),
)

_VERSION = (
    Mutation(
        "case-version-not-looked-at",
        ACTS,
        "    if version is not None and version != case.version:\n        raise Stale(case.number)\n",
        "    return\n",
        (f"{CASES}::test_who_looked_at_an_older_state_changes_nothing",),
    ),
    Mutation(
        "case-version-not-counted",
        ACTS,
        "version=cases_table.c.version + 1)",
        "version=cases_table.c.version)",
        (f"{CASES}::test_who_looked_at_an_older_state_changes_nothing",),
    ),
    Mutation(
        "case-api-version-not-looked-at",
        DEEDS,
        "if told.version is not None and told.version != case.version:",
        "if False:",
        (f"{API}::test_an_act_on_an_older_version_is_refused_with_the_case",),
    ),
    Mutation(
        "case-desk-version-not-looked-at",
        "bot/desk/cases/case_work.py",
        "if fresh and not known and looked.version != case.version:",
        "if False:",
        (f"{DESK}::test_a_stale_look_changes_nothing_and_shows_the_case",),
    ),
)

_FOUR_EYES = (
    Mutation(
        "case-second-person-is-the-first",
        REFUNDS,
        "if not by.who or by.who == found.first_agent:",
        "if not by.who:",
        (f"{CAP}::test_two_people_approve_a_large_sum_and_nobody_alone",),
    ),
    Mutation(
        "case-second-person-is-nobody",
        REFUNDS,
        "if not by.who or by.who == found.first_agent:",
        "if by.who == found.first_agent:",
        (f"{CAP}::test_two_people_approve_a_large_sum_and_nobody_alone",),
    ),
    Mutation(
        "case-released-without-the-second-person",
        REFUNDS,
        "if found.unsigned and what is MoneyAct.RELEASE:",
        "if False:",
        (f"{CAP}::test_two_people_approve_a_large_sum_and_nobody_alone",),
    ),
    Mutation(
        "case-goods-release-what-nobody-signed",
        REFUNDS,
        "if one.state == MoneyState.HELD and not one.unsigned:",
        "if one.state == MoneyState.HELD:",
        (f"{CAP}::test_two_people_approve_a_large_sum_and_nobody_alone",),
    ),
    Mutation(
        "case-large-sum-due-at-once",
        REFUNDS,
        "MoneyState.HELD if held or two else MoneyState.DUE",
        "MoneyState.HELD if held else MoneyState.DUE",
        (f"{CAP}::test_two_people_approve_a_large_sum_and_nobody_alone",),
    ),
    Mutation(
        "case-large-sum-approved-by-itself",
        SALES,
        "by_itself and total > 0 and not self.needs_second(total)",
        "by_itself and total > 0",
        (f"{CAP}::test_what_two_people_approve_no_rule_approves",),
    ),
    Mutation(
        "case-desk-second-person-is-the-first",
        "bot/desk/cases/case_work.py",
        "        if refund.unsigned and refund.first_agent == who.agent.email:\n"
        '            raise Forbidden("Somebody else than who approved it first must.", code="same_person")\n',
        "",
        (f"{DESK}::test_two_people_approve_a_large_sum",),
    ),
)

_MONEY = (
    Mutation(
        "case-money-before-the-goods",
        SALES,
        "            held=held,\n",
        "            held=False,\n",
        (f"{CAP}::test_money_is_held_until_all_goods_are_on_their_way",),
    ),
    Mutation(
        "case-money-for-a-part-of-the-goods",
        ACTS,
        "    return all(one.state not in (GoodsState.KEPT, GoodsState.LABEL_ISSUED) for one in case.lines)",
        "    return any(one.state not in (GoodsState.KEPT, GoodsState.LABEL_ISSUED) for one in case.lines)",
        (f"{CAP}::test_money_is_held_until_all_goods_are_on_their_way",),
    ),
    Mutation(
        "case-money-for-a-label",
        ACTS,
        "if what in _SENT and sent(case):",
        "if what in _SENT or what is GoodsAct.ISSUE_LABEL:",
        (f"{CAP}::test_money_is_held_until_all_goods_are_on_their_way",),
    ),
    Mutation(
        "case-money-of-what-was-declined",
        ACTS,
        "            refunds.void(connection, case, by)\n",
        "            pass\n",
        (f"{CASES}::test_what_the_customer_withdraws_costs_nothing",),
    ),
    Mutation(
        "case-closed-with-money-on-its-way",
        ACTS,
        "if what is CaseAct.CLOSE and refunds.unsettled(case):",
        "if False:",
        (
            f"{CASES}::test_money_waits_for_the_goods_and_no_longer",
            f"{API}::test_acts_out_of_order_are_refused_with_the_case",
            f"{DESK}::test_what_is_impossible_says_so",
        ),
    ),
    Mutation(
        "case-sum-without-a-cap",
        SALES,
        "            if not Decimal(0) <= amount <= most:\n",
        "            if amount < 0:\n",
        (f"{CAP}::test_what_has_arrived_is_not_given_again_in_the_same_case",),
    ),
    Mutation(
        "case-sum-that-has-arrived-given-again",
        SALES,
        "for one in case.refunds if one.state in refunds.PLANNED), Decimal(0))",
        'for one in case.refunds if one.state != "void"), Decimal(0))',
        (f"{CAP}::test_what_has_arrived_is_not_given_again_in_the_same_case",),
    ),
    Mutation(
        "case-sum-that-failed-not-owed",
        MACHINE,
        "COUNTED: Final = _UNPAID | SPENT | {MoneyState.FAILED}",
        "COUNTED: Final = _UNPAID | SPENT",
        (f"{CAP}::test_what_failed_is_still_owed_and_no_other_case_gets_it",),
    ),
    Mutation(
        "case-sum-without-a-reason",
        SALES,
        "            if not why.strip():\n",
        "            if False:\n",
        (f"{CAP}::test_another_sum_needs_a_reason",),
    ),
    Mutation(
        "case-order-not-held",
        "store/cases/cases.py",
        "    connection.execute(select(orders.c.id).where(orders.c.id == of).with_for_update()).all()\n",
        "",
        (f"{CAP}::test_two_cases_of_an_order_at_the_same_moment",),
        postgresql=True,
    ),
    Mutation(
        "case-former-plan-stays",
        REFUNDS,
        "            _to(connection, case, one, MoneyAct.VOID, by)\n    row",
        "            pass\n    row",
        (f"{CAP}::test_a_new_plan_takes_the_place_of_the_former",),
    ),
    Mutation(
        "case-paid-without-writing-it-down",
        PAYS,
        "if next(one for one in asked.refunds if one.id == refund.id).state != MoneyState.REQUESTED:\n",
        "if False:\n",
        (f"{MOVER}::test_what_could_not_be_written_down_is_not_paid",),
    ),
    Mutation(
        "case-paid-again-where-nobody-knows",
        PAYS,
        "        return _Step(back, pay, refund.state)",
        "        return _Step(back, True, refund.state)",
        (f"{MOVER}::test_an_answer_that_got_lost_is_read_back_and_never_paid_twice",),
    ),
    Mutation(
        "case-silence-taken-for-a-failure",
        PAYS,
        "            return Paid.UNKNOWN\n",
        "            return Paid.FAILED\n",
        (f"{MOVER}::test_an_answer_that_got_lost_is_read_back_and_never_paid_twice",),
    ),
    Mutation(
        "case-held-money-asked-for",
        DUE,
        ".where(case_refunds.c.state == MoneyState.DUE, ~job)",
        ".where(~job)",
        (f"{MOVER}::test_what_is_held_or_unsigned_is_not_asked_for",),
    ),
    Mutation(
        "case-unknown-money-asked-for-again",
        MACHINE,
        "MoneyAct.REQUEST: Step(frozenset({MoneyState.DUE}), ",
        "MoneyAct.REQUEST: Step(frozenset({MoneyState.DUE, MoneyState.UNKNOWN}), ",
        (f"{CASES}::test_a_request_that_got_lost_is_unknown_and_never_made_again",),
    ),
)

_PEOPLE = (
    Mutation(
        "case-declined-by-a-program",
        MACHINE,
        "CaseAct.DECLINE: Step(_BEGUN | {CaseState.APPROVED}, CaseState.DECLINED, _SHOP, reasoned=True)",
        "CaseAct.DECLINE: Step(_BEGUN | {CaseState.APPROVED}, CaseState.DECLINED, _OURS, reasoned=True)",
        (f"{CASES}::test_only_a_person_declines_and_only_with_a_reason",),
    ),
    Mutation(
        "case-declined-without-a-reason",
        MACHINE,
        "CaseAct.DECLINE: Step(_BEGUN | {CaseState.APPROVED}, CaseState.DECLINED, _SHOP, reasoned=True)",
        "CaseAct.DECLINE: Step(_BEGUN | {CaseState.APPROVED}, CaseState.DECLINED, _SHOP)",
        (f"{CASES}::test_only_a_person_declines_and_only_with_a_reason",),
    ),
    Mutation(
        "case-anybody-does-anything",
        MACHINE,
        "    if by not in found.by:\n",
        "    if False:\n",
        (f"{CASES}::test_only_a_person_declines_and_only_with_a_reason",),
    ),
    Mutation(
        "case-reason-of-spaces",
        MACHINE,
        "if found.reasoned and not why.strip():",
        "if found.reasoned and not why:",
        (f"{CASES}::test_only_a_person_declines_and_only_with_a_reason",),
    ),
    Mutation(
        "case-reopened-for-ever",
        ACTS,
        "if what is CaseAct.REOPEN and case.closed_at and by.at - case.closed_at > REOPENED_WITHIN:",
        "if False:",
        (f"{CASES}::test_it_is_reopened_within_two_weeks",),
    ),
    Mutation(
        "case-money-for-every-agent",
        "bot/desk/cases/case_work.py",
        "            rights.need_money(who)\n        elif",
        "            pass\n        elif",
        (f"{DESK}::test_money_is_not_everybodys",),
    ),
)

_TOLD = (
    Mutation(
        "case-webhook-signed-without-its-time",
        SIGNATURE,
        'hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256)',
        "hmac.new(secret, body, hashlib.sha256)",
        (f"{HOOKS}::test_a_signature_is_of_the_body_and_of_its_time",),
    ),
    Mutation(
        "case-webhook-signed-without-its-body",
        SIGNATURE,
        'f"{at}.".encode() + body, ',
        'f"{at}.".encode(), ',
        (f"{HOOKS}::test_a_signature_is_of_the_body_and_of_its_time",),
    ),
    Mutation(
        "case-webhook-signature-for-ever",
        SIGNATURE,
        "if not found or abs(at - int(found[1])) > WINDOW:",
        "if not found:",
        (f"{HOOKS}::test_a_signature_is_of_the_body_and_of_its_time",),
    ),
    Mutation(
        "case-webhook-out-of-order",
        QUEUE,
        "select(*_COLUMNS).where(first)",
        "select(*_COLUMNS)",
        (f"{HOOKS}::test_what_fails_is_tried_again_in_order",),
    ),
    Mutation(
        "case-webhook-passes-over-what-is-being-written",
        QUEUE,
        "        return 0\n    last = timeline.settle(connection)\n",
        "        return 0\n",
        (f"{HOOKS}::test_an_event_that_commits_late_is_not_passed_over",),
        postgresql=True,
    ),
    Mutation(
        "case-webhook-told-before-it-is-sent",
        "bot/shopside/case_hooks.py",
        "        await self._post(hook, body)\n"
        "        await self.keep(hook, self._ended, hook, until, HookState.SENT)\n",
        "        await self.keep(hook, self._ended, hook, until, HookState.SENT)\n"
        "        await self._post(hook, body)\n",
        (
            f"{HOOKS}::test_what_a_killed_process_was_telling_is_told_again",
            f"{HOOKS}::test_what_fails_is_tried_again_in_order",
        ),
    ),
    Mutation(
        "case-webhook-any-answer-will-do",
        "bot/shopside/case_hooks.py",
        "if not 200 <= answer.status_code < 300:",
        "if not 200 <= answer.status_code < 400:",
        (f"{HOOKS}::test_a_redirect_is_not_followed",),
    ),
    Mutation(
        "case-label-link-for-ever",
        LINKS,
        "hmac.compare_digest(expected.encode(), given) and fresh",
        "hmac.compare_digest(expected.encode(), given)",
        (f"{LABEL}::test_a_link_that_is_not_ours_or_has_ended_opens_nothing",),
    ),
    Mutation(
        "case-label-link-of-any-case",
        LINKS,
        'f"{number}:{expires}".encode()',
        'f"{expires}".encode()',
        (f"{LABEL}::test_a_link_that_is_not_ours_or_has_ended_opens_nothing",),
    ),
    Mutation(
        "case-label-link-with-any-end",
        LINKS,
        'f"{number}:{expires}".encode()',
        'f"{number}".encode()',
        (f"{LABEL}::test_a_link_that_is_not_ours_or_has_ended_opens_nothing",),
    ),
    Mutation(
        "case-label-of-what-is-over",
        LINKS,
        "return case.state not in _ENDED and any(",
        "return any(",
        (f"{LABEL}::test_a_case_that_is_over_has_no_label",),
    ),
)

_DEADLINES = "tests/store/cases/test_deadlines.py"
_DAYS = (
    Mutation(
        "case-deadline-ends-with-the-day-before",
        DAYS,
        "datetime.combine(day + timedelta(days=1), time(), self.zone)",
        "datetime.combine(day, time(), self.zone)",
        (f"{_DEADLINES}::test_the_window_of_fourteen_days",),
    ),
    Mutation(
        "case-deadline-ends-in-london",
        DAYS,
        "datetime.combine(day + timedelta(days=1), time(), self.zone)",
        "datetime.combine(day + timedelta(days=1), time(), UTC)",
        (f"{_DEADLINES}::test_every_country_ends_its_days_on_its_own_clock",),
    ),
    Mutation(
        "case-deadline-counts-the-first-day",
        DAYS,
        "return first + timedelta(days=period.amount)",
        "return first + timedelta(days=period.amount - 1)",
        (f"{_DEADLINES}::test_the_window_of_fourteen_days",),
    ),
    Mutation(
        "case-deadline-ends-on-a-holiday",
        DAYS,
        "return day if self.works_on(day) else self._after_working_days(day, 1)",
        "return day",
        (f"{_DEADLINES}::test_the_window_of_fourteen_days",),
    ),
    Mutation(
        "case-deadline-of-the-servers-day",
        DAYS,
        "return at.astimezone(self.zone).date()",
        "return at.date()",
        (f"{_DEADLINES}::test_every_country_ends_its_days_on_its_own_clock",),
    ),
    Mutation(
        "case-deadline-of-the-money-runs-on",
        ACTS,
        "        _meet(connection, case.id, (DeadlineKind.REFUND,), by)\n",
        "        pass\n",
        (f"{CAP}::test_the_moneys_clock_stops_once_it_has_arrived",),
    ),
)

MUTATIONS = (
    *_YES_AND_PROOF,
    *_KEPT_FIRST,
    *_ONCE,
    *_VERSION,
    *_FOUR_EYES,
    *_MONEY,
    *_PEOPLE,
    *_TOLD,
    *_DAYS,
)
