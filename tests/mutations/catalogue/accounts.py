"""Who signs in at the desk, and what they may do there."""

from tests.mutations.mutation import Mutation

SESSIONS = "bot/desk/accounts/sessions.py"
AGENTS = "store/accounts/agents.py"
ACCOUNTS = "tests/desk/test_accounts.py"
API = "tests/desk/test_accounts_api.py"

MUTATIONS = (
    Mutation(
        "role-unchecked",
        SESSIONS,
        "if role == Role.ADMIN and found.agent.role != Role.ADMIN:",
        "if role == Role.ADMIN and not found.agent.role:",
        (f"{API}::test_agents_are_no_admins",),
    ),
    Mutation(
        "agents-list-for-all",
        "bot/desk/api/agent_routes.py",
        "        await signed_in(request, Role.ADMIN)\n"
        "        found = await parts.database.fetch(agents.listed)",
        "        await signed_in(request)\n        found = await parts.database.fetch(agents.listed)",
        (f"{API}::test_agents_are_no_admins",),
    ),
    Mutation(
        "audit-for-all",
        "bot/desk/api/agent_routes.py",
        "        who = await signed_in(request, Role.ADMIN)\n        wanted = query(request, AuditQuery)",
        "        who = await signed_in(request)\n        wanted = query(request, AuditQuery)",
        (f"{API}::test_agents_are_no_admins",),
    ),
    Mutation(
        "invitation-for-all",
        "bot/desk/api/agent_routes.py",
        '        who = await signed_in(request, Role.ADMIN)\n        which = row_id(agent_id, "agent")\n'
        "        link",
        '        who = await signed_in(request)\n        which = row_id(agent_id, "agent")\n        link',
        (f"{API}::test_agents_are_no_admins",),
    ),
    Mutation(
        "csrf-any-token",
        SESSIONS,
        "if not hmac.compare_digest(given, found.csrf.encode()):",
        "if not given:",
        (f"{API}::test_changes_need_the_token",),
    ),
    Mutation(
        "csrf-for-posts-only",
        SESSIONS,
        "if request.method not in SAFE:",
        'if request.method == "POST":',
        (f"{API}::test_changes_need_the_token",),
    ),
    Mutation(
        "session-used-by-its-page",
        SESSIONS,
        "    passive = passive or (request.method in SAFE and UNASKED in request.headers)\n",
        "",
        (f"{API}::test_what_a_page_reads_by_itself_is_no_use_of_the_session",),
    ),
    Mutation(
        "session-without-end",
        "store/accounts/agent_sessions.py",
        "            agent_sessions.c.id == session_id,\n            agent_sessions.c.expires_at > at,\n",
        "            agent_sessions.c.id == session_id,\n",
        (f"{API}::test_sessions_end_by_themselves", ACCOUNTS),
    ),
    Mutation(
        "session-of-a-disabled-agent",
        "store/accounts/agent_sessions.py",
        "            ~agents.c.disabled,\n",
        "",
        (f"{ACCOUNTS}::test_a_session_of_a_disabled_account_opens_nothing",),
    ),
    Mutation(
        "lockout-not-kept",
        AGENTS,
        "    if row.locked_until and row.locked_until > at:\n",
        "    if row.locked_until and row.locked_until < at:\n",
        (f"{ACCOUNTS}::test_five_wrong_tries_lock_for_a_quarter_of_an_hour",),
    ),
    Mutation(
        "lockout-one-too-late",
        AGENTS,
        "locking = count >= most",
        "locking = count > most",
        (f"{ACCOUNTS}::test_five_wrong_tries_lock_for_a_quarter_of_an_hour",),
    ),
    Mutation(
        "lockout-tries-side-by-side",
        AGENTS,
        "        .where(agents.c.email == email)\n        .with_for_update()\n    ).one_or_none()\n"
        "    if row is None:\n",
        "        .where(agents.c.email == email)\n    ).one_or_none()\n    if row is None:\n",
        (f"{ACCOUNTS}::test_tries_side_by_side_do_not_outrun_the_count",),
        postgresql=True,
    ),
    Mutation(
        "lockout-of-strangers",
        "store/accounts/strangers.py",
        "locking = count >= most",
        "locking = count > most",
        ("tests/attacks/test_enumeration.py",),
    ),
    Mutation(
        "lockout-forgiven-for-another-try",
        AGENTS,
        "    if attempt.locking:\n",
        "    if attempt:\n",
        (f"{ACCOUNTS}::test_a_try_is_taken_back_with_its_own_lock_only",),
    ),
    Mutation(
        "totp-used-twice",
        AGENTS,
        "agents.c.totp_step < step)",
        "agents.c.totp_step <= step)",
        (f"{ACCOUNTS}::test_a_second_factor",),
    ),
    Mutation(
        "totp-of-another-account",
        "bot/desk/accounts/second_factor.py",
        "        if owner != str(agent_id):\n            return None\n",
        "",
        (f"{ACCOUNTS}::test_secrets_of_another_program_or_another_account_open_nothing",),
    ),
    Mutation(
        "totp-wrong-codes-uncounted",
        "bot/desk/accounts/accounts.py",
        "        if step is None:\n"
        "            await self._attempts.failed(found.agent.email, attempt, browser.request_id)\n",
        "        if step is None:\n"
        "            await self._database.run(agents.forgive, found.agent.id, attempt)\n",
        (f"{ACCOUNTS}::test_codes_are_not_guessed",),
    ),
    Mutation(
        "totp-not-asked-at-a-reset",
        "bot/desk/accounts/accounts.py",
        "        if found.agent.totp:\n            # Who",
        "        if found.agent.totp and found.agent.disabled:\n            # Who",
        (f"{ACCOUNTS}::test_a_reset_does_not_go_round_the_second_factor",),
    ),
    Mutation(
        "invitation-used-twice",
        AGENTS,
        """        update(invitations)
        .where(invitations.c.id == token_hash, invitations.c.used_at.is_(None), invitations.c.expires_at > at)
""",
        """        update(invitations)
        .where(invitations.c.id == token_hash, invitations.c.expires_at > at)
""",
        (f"{ACCOUNTS}::test_a_link_is_used_up_by_its_use",),
    ),
)
