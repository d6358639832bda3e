"""No order is shown or changed without proof, and nothing is changed twice."""

from tests.mutations.mutation import Mutation

PROOFS = "store/conversations/proofs.py"
ORDERS = "store/orders/orders.py"
CODE = "actions/code.py"
PRIVACY = "tests/assistant/test_privacy.py"
SMS = "tests/channels/sms/test_sms_conversation.py"
STORE = "tests/store/test_orders.py"

MUTATIONS = (
    Mutation(
        "hedge-taken-for-a-yes",
        "bot/assistant/decision.py",
        "return (Intent.HEDGE, said.confidence) if hedges else None",
        "return None",
        ("tests/assistant/test_decision.py", "tests/assistant/test_conversations.py"),
    ),
    Mutation(
        "unknown-words-in-a-yes",
        "bot/assistant/consent.py",
        "self._roles.get(meant[start:end], ())",
        'self._roles.get(meant[start:end], ("beside",))',
        ("tests/assistant/test_consent.py",),
    ),
    Mutation(
        "yes-button-of-another-question",
        "bot/assistant/interpreter.py",
        "if given.pop(CONFIRMS, None) != context.change and",
        "if given.pop(CONFIRMS, None) is None and",
        ("tests/assistant/test_consent.py",),
    ),
    Mutation(
        "proof-of-the-number-only",
        ORDERS,
        "select(orders.c.number).where(wanted, _given_with(normalise_contact(contact)))",
        "select(orders.c.number).where(wanted)",
        (f"{PRIVACY}::test_a_wrong_contact_is_answered_as_a_number_that_does_not_exist",),
    ),
    Mutation(
        "proven-order-without-its-contact",
        "actions/session.py",
        "return orders.find_with_contact(connection, number, standing.contact)",
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
        "connection.execute(_HEAD.where(wanted, _given_with(own)))",
        "connection.execute(_HEAD.where(wanted))",
        (f"{STORE}::test_an_order_is_shown_only_with_its_contact",),
    ),
    Mutation(
        "orders-of-any-contact",
        ORDERS,
        "        .where(_given_with(normalise_contact(contact)))\n",
        "",
        (f"{STORE}::test_a_customers_orders_come_newest_first_and_bounded", STORE),
    ),
    Mutation(
        "wrong-tries-uncounted",
        PROOFS,
        ".values(failed_proofs=conversations.c.failed_proofs + 1)",
        ".values(failed_proofs=conversations.c.failed_proofs)",
        (f"{PRIVACY}::test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person",),
    ),
    Mutation(
        "locked-one-too-late",
        PROOFS,
        "locked = row.failed_proofs >= MAX_FAILURES",
        "locked = row.failed_proofs > MAX_FAILURES",
        (f"{PRIVACY}::test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person",),
    ),
    Mutation(
        "nobody-called-when-locked",
        PROOFS,
        "return bool(count == MAX_FAILURES)",
        "return bool(count == MAX_FAILURES + 1)",
        (f"{PRIVACY}::test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person",),
    ),
    Mutation(
        "success-ends-the-count",
        PROOFS,
        "        .values(proven_contact=contact, proven_by=by)\n    )\n\n\ndef vouch",
        "        .values(proven_contact=contact, proven_by=by, failed_proofs=0)\n    )\n\n\ndef vouch",
        (f"{PRIVACY}::test_wrong_tries_count_across_successes",),
    ),
    Mutation(
        "sender-replaces-a-better-proof",
        PROOFS,
        "    if by == ProofBy.SENDER:\n",
        "    if by != ProofBy.SENDER:\n",
        ("tests/conversation/test_intake.py::test_a_sender_never_replaces_a_better_proof",),
    ),
    Mutation(
        "sender-may-change",
        PROOFS,
        "row.proven_by != ProofBy.SENDER, row.proven_by)",
        "True, row.proven_by)",
        ("tests/conversation/test_intake.py::test_a_sender_proves_for_reading_only",),
    ),
    Mutation(
        "code-without-end",
        CODE,
        "return code if until and at.timestamp() < float(until) else None",
        "return code if until else None",
        ("tests/actions/test_code.py::test_a_code_is_good_for_ten_minutes",),
    ),
    Mutation(
        "code-any",
        CODE,
        "hmac.compare_digest(code, expected):",
        "len(code) == len(expected):",
        (f"{SMS}::test_the_senders_number_shows_its_orders_and_changes_one_only_with_a_code",),
    ),
    Mutation(
        "code-wrong-tries-uncounted",
        CODE,
        "        if proofs.fail(connection, conversation):\n",
        "        if proofs.MAX_FAILURES == 0:\n",
        ("tests/actions/test_code.py::test_wrong_codes_count_and_lock",),
    ),
    Mutation(
        "cancelled-without-code",
        "actions/order_change.py",
        'if tracker.get_slot("confirmed") != "yes" or code.is_needed(tracker):',
        'if tracker.get_slot("confirmed") != "yes":',
        ("tests/actions/test_order_change.py::test_without_the_code_nothing_is_changed",),
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
