"""A message goes out once, in order, and never over a person."""

from tests.mutations.mutation import Mutation

OUTBOX = "store/conversations/outbox.py"
SENDER = "bot/conversation/sender.py"
TESTS = "tests/conversation/test_sender.py"
OUTAGES = "tests/conversation/test_sender_outages.py"

MUTATIONS = (
    Mutation(
        "outbox-claim-withdraws-nothing",
        OUTBOX,
        "    _withdraw(connection, at)\n    _suppress(connection, at)\n",
        "    _suppress(connection, at)\n",
        (f"{TESTS}::test_the_bot_never_talks_over_a_person",),
    ),
    Mutation(
        "outbox-claim-suppresses-nothing",
        OUTBOX,
        "    _withdraw(connection, at)\n    _suppress(connection, at)\n",
        "    _withdraw(connection, at)\n",
        (f"{TESTS}::test_a_customer_who_can_not_be_reached_gets_nothing_more",),
    ),
    Mutation(
        "outbox-claim-owner-unchecked",
        OUTBOX,
        "            or_(messages.c.author != Author.BOT, conversations.c.owner != Owner.HUMAN),\n",
        "",
        (f"{TESTS}::test_a_person_who_comes_while_messages_are_claimed_is_not_talked_over",),
        postgresql=True,
    ),
    Mutation(
        "outbox-claim-suppression-unchecked",
        OUTBOX,
        "            or_(messages.c.author == Author.SYSTEM, ~_UNWANTED),\n",
        "",
        (f"{TESTS}::test_a_customer_who_goes_while_messages_are_claimed_gets_nothing",),
        postgresql=True,
    ),
    Mutation(
        "outbox-claim-out-of-order",
        OUTBOX,
        "            outbox.c.id.in_(earliest),\n",
        "",
        (
            f"{TESTS}::test_messages_of_a_conversation_arrive_once_and_in_order",
            f"{TESTS}::test_a_refused_message_is_tried_again_later_and_keeps_its_place",
        ),
    ),
    Mutation(
        "outbox-still-wanted-owner-unchecked",
        OUTBOX,
        "if _withdraw(connection, at, claimed) or _suppress(connection, at, claimed):",
        "if _suppress(connection, at, claimed):",
        (f"{TESTS}::test_a_chats_pace_is_kept_and_a_person_who_takes_over_meanwhile_stops_the_rest",),
    ),
    Mutation(
        "outbox-still-wanted-suppression-unchecked",
        OUTBOX,
        "if _withdraw(connection, at, claimed) or _suppress(connection, at, claimed):",
        "if _withdraw(connection, at, claimed):",
        (f"{TESTS}::test_who_wants_no_messages_meanwhile_gets_no_further_part",),
    ),
    Mutation(
        "outbox-withdraw-the-agents-too",
        OUTBOX,
        ".where(OPEN, which, messages.c.author == Author.BOT, conversations.c.owner == Owner.HUMAN)",
        ".where(OPEN, which, conversations.c.owner == Owner.HUMAN)",
        (f"{TESTS}::test_the_bot_never_talks_over_a_person",),
    ),
    Mutation(
        "outbox-withdraw-while-queued",
        OUTBOX,
        ".where(OPEN, which, messages.c.author == Author.BOT, conversations.c.owner == Owner.HUMAN)",
        ".where(OPEN, which, messages.c.author == Author.BOT, conversations.c.owner != Owner.BOT)",
        (f"{TESTS}::test_while_a_person_is_awaited_the_bot_may_still_speak",),
    ),
    Mutation(
        "desk-claim-withdraws-nothing",
        "bot/desk/agent_actions.py",
        "        outbox.withdraw(connection, conversation.id, at)\n",
        "",
        ("tests/desk/test_desk_api.py::test_a_claim_withdraws_what_the_bot_has_not_sent",),
    ),
    Mutation(
        "outbox-abandoned-is-sent-again",
        OUTBOX,
        'state=OutboxState.UNKNOWN,\n            reason="the sender stopped',
        'state=OutboxState.QUEUED,\n            reason="the sender stopped',
        (f"{TESTS}::test_a_send_that_died_in_the_middle_ends_in_doubt",),
    ),
    Mutation(
        "sender-abandoned-is-done-again",
        SENDER,
        "return outbox.abandon(connection, at)",
        "return super().abandoned(connection, at)",
        (f"{TESTS}::test_a_send_that_died_in_the_middle_ends_in_doubt",),
    ),
    Mutation(
        "outbox-abandons-what-is-under-way",
        OUTBOX,
        ".where(_SENDING, outbox.c.leased_until.is_not(None), is_free(outbox, at))",
        ".where(_SENDING)",
        (f"{TESTS}::test_a_send_of_another_process_is_left_to_it",),
    ),
    Mutation(
        "sender-fault-is-tried-again",
        SENDER,
        "            unknown = message.id in self._left\n",
        "            unknown = False\n",
        (f"{TESTS}::test_what_may_have_arrived_is_never_sent_again",),
    ),
    Mutation(
        "sender-unknown-is-tried-again",
        SENDER,
        "        if cause.unknown:\n",
        "        if cause.unknown and cause.permanent:\n",
        (f"{TESTS}::test_what_may_have_arrived_is_never_sent_again",),
    ),
    Mutation(
        "sender-begins-with-the-first-part-again",
        SENDER,
        "enumerate(parts[message.parts_sent :], message.parts_sent)",
        "enumerate(parts)",
        (f"{TESTS}::test_a_retry_goes_on_with_the_part_that_was_refused",),
    ),
    Mutation(
        "sender-permanent-is-left-to-the-rule",
        SENDER,
        "if cause.permanent or message.attempts + 1 >= self.max_attempts:",
        "if message.attempts + 1 >= self.max_attempts:",
        (f"{TESTS}::test_it_is_told_how_a_message_ended",),
    ),
    Mutation(
        "sender-account-goes-on",
        SENDER,
        "            if error.account and line:\n",
        "            if error.account and not line:\n",
        (f"{TESTS}::test_an_account_that_is_told_to_wait_waits_for_all_its_customers",),
    ),
    Mutation(
        "sender-window-unchecked",
        SENDER,
        "if window == Window.CLOSED or (window == Window.LATE and message.author != Author.AGENT):",
        "if window == Window.CLOSED:",
        (f"{TESTS}::test_outside_the_channels_window_only_a_person_may_write_and_not_for_ever",),
    ),
    Mutation(
        "sender-outage-before-leaving-is-a-doubt",
        SENDER,
        "            if is_outage(error):\n                raise\n",
        "",
        (f"{OUTAGES}::test_cut_in_the_look_before_sending_it_is_sent_once",),
    ),
    Mutation(
        "sender-fault-before-leaving-is-a-doubt",
        SENDER,
        "            unknown = message.id in self._left\n",
        "            unknown = True\n",
        (f"{OUTAGES}::test_a_fault_before_it_leaves_is_tried_again_and_none_is_in_doubt",),
    ),
    Mutation(
        "sender-notes-once-only",
        SENDER,
        "await self.keep(message, outbox.part_sent, message,",
        "await self._database.run(outbox.part_sent, message,",
        (f"{OUTAGES}::test_cut_while_it_is_noted_that_it_was_sent_it_is_noted_all_the_same",),
    ),
    Mutation(
        "outbox-leaves-without-its-lease",
        OUTBOX,
        "update(outbox).where(claimed, OPEN, outbox.c.leased_until == until)",
        "update(outbox).where(claimed, OPEN)",
        (f"{OUTAGES}::test_who_has_lost_its_lease_sends_nothing",),
    ),
    Mutation(
        "jobs-unheard-claim-is-kept",
        "bot/runtime/work/jobs.py",
        "                self._unheard.append(until)\n",
        "                pass\n",
        (f"{OUTAGES}::test_a_commit_that_nobody_heard_of_delays_and_doubles_nothing",),
    ),
)
