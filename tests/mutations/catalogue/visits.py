"""A stay in the web chat ends, and nothing of it is anybody else's."""

from tests.mutations.mutation import Mutation

VISITS = "store/conversations/visits.py"
WEB = "bot/conversation/receiving/web_visits.py"
CHANNEL = "channels/web/channel.py"
EVENTS = "channels/web/events.py"
TESTS = "tests/channels/web/test_visits.py"
ATTACKS = "tests/attacks/test_shared_browsers.py"
TOKENS = "tests/web/test_identity_tokens.py"

MUTATIONS = (
    Mutation(
        "shop-token-counted-twice",
        WEB,
        "    if not proofs.use_token(connection, voucher.token_id, voucher.expires_at, at):\n",
        "    if not proofs.use_token(connection, voucher.token_id, voucher.expires_at, at) and False:\n",
        (f"{TOKENS}::test_a_token_proves_its_e_mail_once_for_one_visitor",),
    ),
    Mutation(
        "visit-without-idle-end",
        VISITS,
        "visits.c.ended_at.is_(None), visits.c.used_at > at - IDLE, visits.c.expires_at > at",
        "visits.c.ended_at.is_(None), visits.c.used_at <= at, visits.c.expires_at > at",
        (f"{TESTS}::test_a_visit_ends_when_nothing_is_written_for_long",),
    ),
    Mutation(
        "visit-without-an-end",
        VISITS,
        "visits.c.ended_at.is_(None), visits.c.used_at > at - IDLE, visits.c.expires_at > at",
        "visits.c.ended_at.is_(None), visits.c.used_at > at - IDLE",
        (f"{TESTS}::test_a_message_makes_a_visit_last",),
    ),
    Mutation(
        "visit-ended-in-vain",
        VISITS,
        "visits.c.ended_at.is_(None), visits.c.used_at > at - IDLE, visits.c.expires_at > at",
        "visits.c.used_at > at - IDLE, visits.c.expires_at > at",
        (f"{ATTACKS}::test_a_stolen_token_is_worth_nothing_once_the_visit_is_over",),
    ),
    Mutation(
        "visit-of-anybody-goes-on",
        VISITS,
        ".where(visits.c.id == before, visits.c.address == address, *_lasting(at))",
        ".where(visits.c.id == before, *_lasting(at))",
        (f"{ATTACKS}::test_another_customer_in_the_browser_has_only_their_own",),
    ),
    Mutation(
        "visit-of-another-goes-on-beside",
        WEB,
        "    if before and before.address != begun.address:\n",
        "    if before and before.address == begun.address and not before.vouched:\n",
        (
            f"{ATTACKS}::test_a_token_planted_before_a_customer_signs_in_reads_nothing_afterwards",
            f"{ATTACKS}::test_a_stolen_token_is_worth_nothing_once_the_visit_is_over",
        ),
    ),
    Mutation(
        "proof-outlives-the-visit",
        WEB,
        "    proofs.end(connection, locked.id)\n",
        "",
        (f"{TESTS}::test_a_customer_has_one_conversation_on_every_device",),
    ),
    Mutation(
        "question-outlives-the-visit",
        WEB,
        "    if not begun.resumed:\n",
        "    if begun.resumed:\n",
        (f"{TESTS}::test_a_visit_ends_when_nothing_is_written_for_long",),
    ),
    Mutation(
        "message-after-the-visit",
        "bot/conversation/receiving/gateway.py",
        "            if not lasts:\n",
        "            if visit is None and not lasts:\n",
        (f"{TESTS}::test_a_visit_ends_when_nothing_is_written_for_long",),
    ),
    Mutation(
        "reading-after-the-visit",
        CHANNEL,
        "        if await gateway.visit_until(visit) is None:\n",
        "        if await gateway.visit_until(visit) is None and not visit.id:\n",
        (f"{TESTS}::test_a_visit_ends_when_nothing_is_written_for_long",),
    ),
    Mutation(
        "stream-outlives-the-sign-out",
        EVENTS,
        'if event.kind == "ended" and event.data["visit"] == visit.id:\n',
        'if event.kind == "ended" and event.data["visit"] != visit.id:\n',
        (f"{TESTS}::test_the_end_of_a_visit_reaches_open_streams",),
    ),
    Mutation(
        "stream-outlives-the-visit",
        EVENTS,
        "            if clock() >= until and (until := await gateway.visit_until(visit)) is None:\n",
        "            if clock() >= until and until is None:\n",
        (f"{TESTS}::test_a_stream_that_merely_stays_open_ends_with_its_visit",),
    ),
    Mutation(
        "note-opens-a-conversation",
        "channels/web/visitor.py",
        "audience=[AUDIENCE, NOTE] if notes else AUDIENCE,",
        "audience=[AUDIENCE, NOTE],",
        (f"{TESTS}::test_a_note_opens_nothing",),
    ),
    Mutation(
        "customer-known-by-the-e-mail",
        CHANNEL,
        "web_visitor.customer(config.secret, config.account, voucher.subject)",
        "web_visitor.customer(config.secret, config.account, voucher.proof.contact)",
        (f"{TESTS}::test_who_a_customer_is_the_number_says_and_not_the_e_mail",),
    ),
    Mutation(
        "shop-token-of-nobody",
        "channels/web/identity.py",
        "    if not 0 < len(subject) <= MAX_SUBJECT:\n",
        "    if len(subject) > MAX_SUBJECT:\n",
        (f"{TESTS}::test_clocks_may_differ_a_little_and_every_token_names_somebody",),
    ),
    Mutation(
        "left-conversation-comes-back",
        VISITS,
        "    connection.execute(delete(web_customers).where(web_customers.c.address == address))\n",
        "",
        (f"{TESTS}::test_leaving_a_conversation_puts_it_out_of_reach",),
    ),
)
