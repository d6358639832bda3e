"""A message that can't be worked on goes to a person, whatever else fails, and blocks nobody."""

from tests.mutations.mutation import Mutation

GIVING_UP = "bot/conversation/giving_up.py"
TURNS = "bot/conversation/turns.py"
TESTS = "tests/conversation/test_giving_up.py"
STORE = "tests/store/test_conversation_store.py"

MUTATIONS = (
    Mutation(
        "giving-up-parked-is-over",
        GIVING_UP,
        "inbox.give_up(connection, failure.message_id, InboxState.PARKED,",
        "inbox.give_up(connection, failure.message_id, InboxState.FAILED,",
        (f"{TESTS}::test_nothing_but_the_message_can_be_written",),
    ),
    Mutation(
        "giving-up-parks-at-once",
        GIVING_UP,
        "    if turns.put_off(connection, failure.conversation_id, failure.seen):\n        return False\n",
        "",
        (f"{TESTS}::test_a_lost_connection_parks_nothing",),
    ),
    Mutation(
        "giving-up-is-not-tried-again",
        GIVING_UP,
        "            turn = await database.run(turns.hand_over, claim, reason)\n",
        "            turn = None\n",
        (f"{TESTS}::test_nothing_but_the_message_can_be_written",),
    ),
    Mutation(
        "giving-up-stops-at-the-first",
        GIVING_UP,
        "            continue\n",
        "            break\n",
        (f"{TESTS}::test_one_that_stays_parked_stands_in_nobodys_way",),
    ),
    Mutation(
        "giving-up-without-words",
        GIVING_UP,
        "for step in (turns.explain, turns.apologise):",
        "for step in (turns.apologise,):",
        (f"{STORE}::test_the_third_failure_apologises_asks_for_a_person_and_lets_others_by", TESTS),
    ),
    Mutation(
        "giving-up-without-apology",
        GIVING_UP,
        "for step in (turns.explain, turns.apologise):",
        "for step in (turns.explain,):",
        (f"{STORE}::test_the_third_failure_apologises_asks_for_a_person_and_lets_others_by", TESTS),
    ),
    Mutation(
        "giving-up-in-one-transaction",
        GIVING_UP,
        "        except Exception as error:\n            _log.error(\n"
        '                "not_done_after_failure",',
        "        except KeyError as error:\n            _log.error(\n"
        '                "not_done_after_failure",',
        (f"{TESTS}::test_whatever_fails_too_a_person_is_asked_for_and_others_go_on",),
    ),
    Mutation(
        "turns-put-off-for-ever",
        TURNS,
        "        if failures + 1 >= MAX_FAILURES:\n            return False\n",
        "        failures = min(failures, 1)\n",
        (f"{STORE}::test_the_third_failure_apologises_asks_for_a_person_and_lets_others_by",),
    ),
    Mutation(
        "turns-given-up-at-the-second-failure",
        TURNS,
        "        if failures + 1 >= MAX_FAILURES:\n",
        "        if failures + 2 >= MAX_FAILURES:\n",
        (f"{STORE}::test_failures_count_in_a_row_only",),
    ),
    Mutation(
        "turns-hand-over-from-a-person",
        TURNS,
        "        if conversation.owner != Owner.HUMAN:\n            reason = Reason.FAILURE\n",
        "        if conversation:\n            reason = Reason.FAILURE\n",
        (f"{TESTS}::test_who_has_a_person_already_needs_no_other",),
    ),
    Mutation(
        "turns-apologise-over-a-person",
        TURNS,
        "if conversation is None or conversation.owner == Owner.HUMAN or turn.handoff is None:",
        "if conversation is None or turn.handoff is None:",
        (f"{TESTS}::test_a_person_who_comes_before_the_apology_is_not_talked_over",),
    ),
    Mutation(
        "inbox-given-up-twice",
        "store/conversations/inbox.py",
        ".where(inbox.c.id == message_id, or_(WAITING, PARKED))",
        ".where(inbox.c.id == message_id)",
        (f"{TESTS}::test_a_message_that_is_over_is_not_given_up",),
    ),
    Mutation(
        "inbox-parked-is-not-given-up",
        "store/conversations/inbox.py",
        ".where(inbox.c.id == message_id, or_(WAITING, PARKED))",
        ".where(inbox.c.id == message_id, WAITING)",
        (f"{TESTS}::test_nothing_but_the_message_can_be_written",),
    ),
)
