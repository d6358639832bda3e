"""No order is shown or changed without proof, and nothing is changed twice."""

from tests.mutations.mutation import Mutation

PROOFS = "store/conversations/proofs.py"
ORDERS = "store/orders/orders.py"
CODE = "actions/code.py"
PRIVACY = "tests/assistant/test_privacy.py"
SMS = "tests/channels/sms/test_sms_conversation.py"
STORE = "tests/store/test_orders.py"
THROTTLE = "store/conversations/throttle.py"
FORM = "actions/order_form.py"
SENT = "actions/sent_code.py"
CODES = "tests/actions/test_code.py"
GUESSING = "tests/attacks/test_guessing.py"
BORROWED = "tests/attacks/test_borrowed_proof.py"

MUTATIONS = (
    Mutation(
        "proof-of-the-number-only",
        ORDERS,
        "select(orders.c.number).where(wanted, _given_with(normalise_contact(contact)), _placed(since))",
        "select(orders.c.number).where(wanted)",
        (f"{PRIVACY}::test_a_wrong_contact_is_answered_as_a_number_that_does_not_exist",),
    ),
    Mutation(
        "proven-order-without-its-contact",
        "actions/session.py",
        "return orders.find_with_contact(connection, number, standing.contact, standing.since)",
        "return orders.find(connection, number)",
        ("tests/actions/test_session.py::test_the_order_in_the_slot_must_be_the_proven_contacts",),
    ),
    Mutation(
        "proven-order-although-locked",
        "actions/session.py",
        "if not number or not standing.contact or standing.locked:",
        "if not number or not standing.contact:",
        ("tests/actions/test_session.py::test_a_locked_conversation_has_no_order",),
    ),
    Mutation(
        "find-without-contact",
        ORDERS,
        "connection.execute(_HEAD.where(wanted, _given_with(own), _placed(since)))",
        "connection.execute(_HEAD.where(wanted))",
        (f"{STORE}::test_an_order_is_shown_only_with_its_contact",),
    ),
    Mutation(
        "orders-of-any-contact",
        ORDERS,
        "        .where(_given_with(normalise_contact(contact)), _placed(since))\n",
        "",
        (f"{STORE}::test_a_customers_orders_come_newest_first_and_bounded", STORE),
    ),
    Mutation(
        "wrong-tries-uncounted",
        THROTTLE,
        "count.level = min(before + 1, float(limit.free + len(WAITS)))",
        "count.level = before",
        (f"{PRIVACY}::test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person",),
    ),
    Mutation(
        "locked-one-too-late",
        THROTTLE,
        "over = math.ceil(level - limit.free)",
        "over = math.ceil(level - limit.free - 1)",
        (f"{PRIVACY}::test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person",),
    ),
    Mutation(
        "nobody-called-when-locked",
        THROTTLE,
        "begins = before <= limit.free < count.level",
        "begins = before < limit.free < count.level - 9",
        (f"{PRIVACY}::test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person",),
    ),
    Mutation(
        "right-pair-opens-although-it-waits",
        FORM,
        "if right and not attempt.waiting:",
        "if right:",
        (f"{GUESSING}::test_numbers_tried_in_turn_over_new_conversations_open_nothing",),
    ),
    Mutation(
        "tries-counted-by-conversation-only",
        THROTTLE,
        "if contact is not None and number is not None:",
        "if contact is None and number is not None:",
        (f"{GUESSING}::test_nor_do_they_from_as_many_networks",),
    ),
    Mutation(
        "contact-uncounted",
        THROTTLE,
        "Scope.CONTACT: contact,",
        'Scope.CONTACT: f"{conversation_id} {contact}",',
        (f"{GUESSING}::test_nor_do_they_from_as_many_networks",),
    ),
    Mutation(
        "number-uncounted",
        THROTTLE,
        "Scope.NUMBER: number,",
        'Scope.NUMBER: f"{conversation_id} {number}",',
        (f"{GUESSING}::test_nor_do_contacts_tried_for_a_known_number",),
    ),
    Mutation(
        "one-network-holds-up-a-contact-for-all",
        THROTTLE,
        "if self._waiting and scope not in _OWN:",
        "if not scope:",
        (f"{GUESSING}::test_one_network_never_makes_a_contact_wait_for_others",),
    ),
    Mutation(
        "waits-without-end",
        THROTTLE,
        "return until is not None and at < until <= at + most",
        "return until is not None",
        (f"{GUESSING}::test_every_wait_ends",),
    ),
    Mutation(
        "tries-add-up-for-ever",
        THROTTLE,
        "left: float = row.level - forgiven",
        "left: float = row.level - 0 * forgiven",
        (f"{GUESSING}::test_five_wrong_pairs_in_years_are_none",),
    ),
    Mutation(
        "hand-back-forgives-nothing",
        "bot/desk/agent_actions.py",
        "        throttle.forgive(connection, conversation.id, self._clock())\n",
        "",
        (f"{GUESSING}::test_a_hand_back_lets_the_owner_try_again",),
    ),
    Mutation(
        "guesser-locks-out-the-vouched",
        PROOFS,
        "return self.waits and self.by not in VOUCHED",
        "return self.waits",
        (f"{GUESSING}::test_a_forged_sender_locks_nobody_out_of_their_own_orders",),
    ),
    Mutation(
        "code-mailed-for-a-wrong-pair",
        FORM,
        "        if right:\n            left |=",
        "        if attempt.waiting:\n            left |=",
        (f"{GUESSING}::test_nobody_is_mailed_for_a_wrong_pair",),
    ),
    Mutation(
        "mailed-code-any",
        "actions/mailed_code.py",
        "if hmac.compare_digest(code, sent.code) and orders",
        "if len(code) == len(sent.code) and orders",
        (f"{GUESSING}::test_who_has_no_mailbox_gets_no_further_with_the_right_pair",),
    ),
    Mutation(
        "wave-told-again-and-again",
        THROTTLE,
        "if last is not None and at - quiet < last <= at:",
        "if last is not None and at < last:",
        (f"{GUESSING}::test_the_shop_is_told_once_of_a_wave",),
    ),
    Mutation(
        "success-ends-the-count",
        FORM,
        "            proofs.succeed(connection, conversation, contact, at=at)\n",
        "            proofs.succeed(connection, conversation, contact, at=at)\n"
        "            throttle.forgive(connection, conversation, at)\n",
        (f"{PRIVACY}::test_wrong_tries_count_across_successes",),
    ),
    Mutation(
        "sms-changes-after-any-proof",
        PROOFS,
        "change = row.proven_by != ProofBy.SENDER and phone_of(row.address) is None",
        "change = row.proven_by != ProofBy.SENDER",
        ("tests/actions/test_code.py::test_whatever_was_proven_before_a_change_by_sms_needs_a_code",),
    ),
    Mutation(
        "code-without-end",
        SENT,
        "return sent if at.timestamp() < sent.until and sent.wrong < MAX_WRONG else None",
        "return sent if sent.wrong < MAX_WRONG else None",
        (f"{CODES}::test_a_code_is_good_for_ten_minutes",),
    ),
    Mutation(
        "code-tried-without-end",
        SENT,
        "return sent if at.timestamp() < sent.until and sent.wrong < MAX_WRONG else None",
        "return sent if at.timestamp() < sent.until else None",
        (f"{CODES}::test_three_wrong_ones_make_a_code_worthless",),
    ),
    Mutation(
        "code-any",
        CODE,
        "if sent and not waits and hmac.compare_digest(code, sent.code):",
        "if sent and not waits:",
        (f"{SMS}::test_the_senders_number_shows_its_orders_and_changes_one_only_with_a_code",),
    ),
    Mutation(
        "code-although-it-waits",
        CODE,
        "if sent and not waits and hmac.compare_digest(code, sent.code):",
        "if sent and hmac.compare_digest(code, sent.code):",
        (f"{CODES}::test_wrong_codes_count_and_call_a_person_once",),
    ),
    Mutation(
        "code-for-any-change",
        CODE,
        "return sent if sent and sent.purpose == wanted else None",
        "return sent",
        (f"{CODES}::test_a_code_changes_what_it_was_asked_for_in_the_message_that_brought_it",),
    ),
    Mutation(
        "code-kept-for-later",
        CODE,
        'return f"{change(form, tracker)} {session.message_id(tracker)}"',
        "return change(form, tracker)",
        (f"{CODES}::test_a_code_changes_what_it_was_asked_for_in_the_message_that_brought_it",),
    ),
    Mutation(
        "code-wrong-tries-uncounted",
        CODE,
        "        sent_code.count_wrong(connection, conversation, at, dispatcher)\n",
        "",
        (f"{CODES}::test_wrong_codes_count_and_call_a_person_once",),
    ),
    Mutation(
        "cancelled-without-code",
        "actions/order_change.py",
        'if tracker.get_slot("confirmed") != "yes" or not code.is_given(Form.CANCEL, tracker):',
        'if tracker.get_slot("confirmed") != "yes":',
        ("tests/actions/test_order_change.py::test_without_the_code_nothing_is_changed",),
    ),
    Mutation(
        "readdressed-without-code",
        "actions/order_change.py",
        'confirmed = tracker.get_slot("confirmed") == "yes" and code.is_given(Form.ADDRESS, tracker)',
        'confirmed = tracker.get_slot("confirmed") == "yes"',
        ("tests/actions/test_order_change.py::test_without_the_code_nothing_is_changed",),
    ),
    Mutation(
        "proof-without-end",
        "bot/conversation/intake.py",
        "inbound.address, inbound.at - idle)",
        "inbound.address, inbound.at - 999 * idle)",
        (f"{BORROWED}::test_who_comes_to_a_shared_browser_later_is_asked_again",),
    ),
    Mutation(
        "proof-ends-at-a-persons",
        PROOFS,
        "        conversations.c.owner.in_([Owner.BOT, Owner.CLOSED]),\n",
        "",
        (f"{BORROWED}::test_while_a_person_has_it_the_proof_waits_for_their_answer",),
    ),
    Mutation(
        "phone-of-whoever-had-it-before",
        PROOFS,
        "since = (at or now()) - PHONE_KEPT if vouched else None",
        "since = None",
        (f"{BORROWED}::test_a_phone_shows_no_orders_of_whoever_had_it_before",),
    ),
    Mutation(
        "packet-of-what-is-not-proven",
        "bot/handoff/packet.py",
        "order = orders.find_with_contact(connection, number, contact, standing.since)",
        "order = orders.find(connection, number)",
        (f"{BORROWED}::test_what_another_contact_has_proven_since_is_not_shown_under_the_new_one",),
    ),
    Mutation(
        "desk-shows-the-accounts-orders",
        "bot/desk/queries.py",
        "    known = orders.of_contact(connection, standing.contact, MAX_ORDERS, standing.since)\n",
        "    known = orders.of_contact(connection, standing.contact, MAX_ORDERS, standing.since)\n"
        "    for order in list(known):\n"
        "        whole = orders.find(connection, order.number)\n"
        '        known += orders.of_contact(connection, (whole.email if whole else "") or "", MAX_ORDERS)\n',
        (f"{BORROWED}::test_a_guest_order_with_anothers_e_mail_shows_the_desk_no_order_of_theirs",),
    ),
    Mutation(
        "import-renames",
        ORDERS,
        'func.coalesce(orders.c.customer_name, customers.c.name).label("customer_name")',
        'customers.c.name.label("customer_name")',
        (f"{BORROWED}::test_an_order_with_anothers_e_mail_renames_none_of_theirs",),
    ),
    Mutation(
        "sender-replaces-a-better-proof",
        PROOFS,
        "    if by == ProofBy.SENDER:\n",
        "    if by != ProofBy.SENDER:\n",
        ("tests/conversation/test_intake.py::test_a_sender_never_replaces_a_better_proof",),
    ),
    Mutation(
        "order-change-by-order",
        "actions/order_change.py",
        'key = f"address:{session.message_id(tracker)}"',
        'key = f"address:{order.id}"',
        ("tests/actions/test_order_change.py::test_an_address_may_be_changed_again",),
    ),
    Mutation(
        "order-change-repeated",
        ORDERS,
        "    if known is None:\n        return state\n    if tuple",
        "    if known is None or state in CANCELLABLE:\n        return state\n    if tuple",
        (
            f"{STORE}::test_cancelling_again_with_the_same_key_changes_nothing",
            f"{STORE}::test_a_repeated_change_of_address_does_not_undo_a_later_one",
        ),
    ),
    Mutation(
        "order-change-key-of-another",
        ORDERS,
        "    if tuple(known) != (order_id, kind):\n",
        "    if not known:\n",
        (f"{STORE}::test_a_key_is_for_one_change_of_one_order",),
    ),
    Mutation(
        "order-change-without-lock",
        ORDERS,
        "select(orders.c.state).where(orders.c.id == order_id).with_for_update()",
        "select(orders.c.state).where(orders.c.id == order_id)",
        (f"{STORE}::test_two_cancellations_at_once_refund_once",),
        postgresql=True,
    ),
    Mutation(
        "order-change-whatever-its-state",
        ORDERS,
        "        if state not in CANCELLABLE:\n",
        "        if state not in OrderState:\n",
        (f"{STORE}::test_the_state_decides_what_may_still_be_changed",),
    ),
    Mutation(
        "shop-token-used-twice",
        PROOFS,
        'return insert_new(connection, used_tokens, {"id": token_id, "expires_at": expires_at}) is not None',
        'return insert_new(connection, used_tokens, {"id": token_id, "expires_at": expires_at}) != 0',
        ("tests/web/test_identity_tokens.py::test_a_token_proves_its_e_mail_once_for_one_visitor",),
    ),
    Mutation(
        "shop-token-forgotten-too-early",
        PROOFS,
        "delete(used_tokens).where(used_tokens.c.expires_at < at)",
        "delete(used_tokens).where(used_tokens.c.expires_at > at)",
        ("tests/web/test_identity_tokens.py::test_a_token_proves_its_e_mail_once_for_one_visitor",),
    ),
    Mutation(
        "shop-token-spelled-otherwise",
        "channels/web/identity.py",
        'hashlib.sha256(token.rpartition(".")[0].encode())',
        "hashlib.sha256(token.encode())",
        ("tests/web/test_identity_tokens.py::test_a_token_is_known_again_however_its_signature_is_spelled",),
    ),
)
