"""Nobody waits for somebody who isn't there."""

from tests.mutations.mutation import Mutation

OWNERSHIP = "bot/conversation/ownership.py"
ABSENCES = "store/desk/absences.py"
ABSENCE = "bot/desk/absence.py"
AUTOMATIC = "bot/conversation/receiving/automatic_replies.py"
TESTS = "tests/desk/test_absence.py"

MUTATIONS = (
    Mutation(
        "owner-human-but-nobody",
        OWNERSHIP,
        "    elif (agent_id is None) == (until is None):\n",
        "    elif agent_id and until:\n",
        ("tests/store/test_conversation_store.py::test_a_persons_is_somebodys",),
    ),
    Mutation(
        "owner-elsewhere-for-ever",
        ABSENCES,
        'conversations.c.held_until <= bindparam("now", type_=Instant()),',
        'conversations.c.held_until > bindparam("now", type_=Instant()),',
        (f"{TESTS}::test_who_answered_elsewhere_has_it_by_name_and_for_a_while",),
    ),
    Mutation(
        "owner-agent-who-went-home",
        ABSENCES,
        "and_(_GONE, ~_JUST_GIVEN)",
        "and_(_GONE, _TIME_IS_OVER)",
        (f"{TESTS}::test_who_writes_to_an_agent_who_went_home_waits_in_the_queue",),
    ),
    Mutation(
        "owner-agent-who-is-disabled",
        ABSENCES,
        "            agents.c.disabled,\n",
        "",
        (f"{TESTS}::test_a_conversation_of_a_disabled_agent_is_nobodys",),
    ),
    Mutation(
        "owner-bot-although-the-customer-waits",
        ABSENCE,
        "        waits = self._waits(connection, conversation)\n",
        "        waits = False\n",
        (f"{TESTS}::test_who_waits_for_an_answer_elsewhere_waits_in_the_queue_in_the_end",),
    ),
    Mutation(
        "owner-human-by-an-instant-reply",
        AUTOMATIC,
        "    if waited is not None and waited <= QUICK:\n",
        "    if waited is not None and waited < -QUICK:\n",
        (f"{TESTS}::test_an_answer_within_a_second_is_no_persons",),
    ),
)
