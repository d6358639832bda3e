"""One person at most has a conversation, and nobody has more than they can take."""

from tests.mutations.mutation import Mutation

ACTIONS = "bot/desk/agent_actions.py"
ROUTING = "bot/desk/routing.py"
RIGHTS = "bot/desk/rights.py"
TABLE = "tests/desk/test_rights.py"
API = "tests/desk/test_desk_api.py"
TESTS = "tests/desk/test_routing.py"

MUTATIONS = (
    Mutation(
        "reply-to-what-somebody-has",
        ACTIONS,
        "if conversation.owner != Owner.HUMAN or not mine:",
        "if conversation.owner != Owner.HUMAN:",
        (f"{API}::test_what_somebody_has_is_not_anybody_elses",),
    ),
    Mutation(
        "reply-without-taking",
        ACTIONS,
        "if conversation.owner != Owner.HUMAN or not mine:",
        "if conversation.agent_id and not mine:",
        (f"{API}::test_a_repeated_request_is_the_same_message",),
    ),
    Mutation(
        "claim-from-somebody",
        ACTIONS,
        "        if conversation.owner == Owner.HUMAN and conversation.agent_id is not None:\n",
        "        if conversation.owner == Owner.HUMAN and conversation.agent_id == 0:\n",
        (
            f"{API}::test_what_somebody_has_is_not_anybody_elses",
            "tests/desk/test_races.py::test_of_many_agents_who_claim_at_once_one_gets_it",
        ),
    ),
    Mutation(
        "taken-conversation-for-all",
        RIGHTS,
        "if conversation.agent_id not in (None, who.agent.id) and not admin(who):",
        "if conversation.agent_id == 0 and not admin(who):",
        (f"{API}::test_what_somebody_has_is_not_anybody_elses",),
    ),
    Mutation(
        "order-from-any-conversation",
        RIGHTS,
        "    if not (has(who, conversation) or admin(who)):\n        raise WrongState",
        "    if not (who.agent.role or admin(who)):\n        raise WrongState",
        (TABLE,),
    ),
    Mutation(
        "order-of-anybody",
        RIGHTS,
        "    if not theirs and not admin(who):\n",
        "    if order is None and not admin(who):\n",
        (TABLE,),
    ),
    Mutation(
        "order-without-a-conversation",
        RIGHTS,
        "    if conversation_id is None and not admin(who):\n",
        "    if conversation_id == 0 and not admin(who):\n",
        (TABLE,),
    ),
    Mutation(
        "order-of-an-admin-unmarked",
        RIGHTS,
        "    if not theirs or conversation is None or not has(who, conversation):\n",
        "    if conversation is None:\n",
        (TABLE,),
    ),
    Mutation(
        "transcript-mailed-by-anybody",
        "bot/desk/api/message_routes.py",
        "            rights.need_held(connection, who, which)\n",
        "            queries.need(connection, which)\n",
        (TABLE,),
    ),
    Mutation(
        "call-of-another-agents-customer",
        "bot/desk/api/service_routes.py",
        "                rights.need_not_taken(connection, who, found)\n",
        "                pass\n",
        (TABLE,),
    ),
    Mutation(
        "reply-repeated",
        ACTIONS,
        "        if known:\n            return Outcome(conversation, (known,), new=False)\n",
        "",
        (f"{API}::test_a_repeated_request_is_the_same_message",),
    ),
    Mutation(
        "reply-key-of-all-agents",
        ACTIONS,
        'return f"desk:{agent.id}:{client_msg_id}"',
        'return f"desk:{client_msg_id}"',
        (f"{API}::test_two_agents_with_the_same_message_id_do_not_meet",),
    ),
    Mutation(
        "conversation-unlocked",
        ACTIONS,
        "        conversation = conversations.lock(connection, conversation_id)\n"
        "        if conversation is None:\n"
        '            raise NoSuch("conversation")\n',
        "        conversation = conversations.get(connection, conversation_id)\n"
        "        if conversation is None:\n"
        '            raise NoSuch("conversation")\n',
        ("tests/desk/test_races.py::test_of_many_agents_who_claim_at_once_one_gets_it",),
        postgresql=True,
    ),
    Mutation(
        "capacity-without-lock",
        ROUTING,
        "agents.credentials(connection, agent.id, lock=True)",
        "agents.credentials(connection, agent.id)",
        (f"{TESTS}::test_on_postgresql_the_last_place_is_filled_once",),
        postgresql=True,
    ),
    Mutation(
        "capacity-not-looked-at-again",
        ROUTING,
        "return known.agent if load < known.agent.capacity else None",
        "return known.agent if load >= 0 else None",
        (f"{TESTS}::test_on_postgresql_who_is_given_another_meanwhile_gets_no_more",),
        postgresql=True,
    ),
    Mutation(
        "capacity-one-too-many",
        ROUTING,
        "return known.agent if load < known.agent.capacity else None",
        "return known.agent if load <= known.agent.capacity else None",
        (f"{TESTS}::test_on_postgresql_who_is_given_another_meanwhile_gets_no_more",),
        postgresql=True,
    ),
    Mutation(
        "capacity-overlooked-when-choosing",
        ROUTING,
        "if one.load < one.agent.capacity and can_take(",
        "if can_take(",
        (TESTS,),
    ),
    Mutation(
        "presence-not-looked-at-again",
        ROUTING,
        "if known is None or known.agent.state != Presence.ONLINE or known.agent.disabled:",
        "if known is None:",
        (f"{TESTS}::test_who_leaves_while_they_are_chosen_gets_nothing",),
        postgresql=True,
    ),
    Mutation(
        "given-although-not-waiting",
        ROUTING,
        "if conversation is None or conversation.owner != Owner.QUEUE:",
        "if conversation is None:",
        (f"{TESTS}::test_what_waits_no_more_is_not_given",),
    ),
)
