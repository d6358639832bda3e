"""A message is stored before it is acknowledged, once, and worked on in order."""

from tests.mutations.mutation import Mutation

INBOX = "store/conversations/inbox.py"
STORE = "tests/store/test_conversation_store.py"
TELEGRAM = "tests/channels/telegram/test_telegram.py"
SPOOLING = "tests/conversation/test_spooling.py"

MUTATIONS = (
    Mutation(
        "inbox-key-without-account",
        INBOX,
        '    inbox.c.account == bindparam("account"),\n',
        "",
        (f"{STORE}::test_one_id_on_another_channel_or_account_is_another_message",),
    ),
    Mutation(
        "inbox-key-not-unique",
        "store/tables/conversation_tables.py",
        '    UniqueConstraint("channel", "account", "external_id"),\n',
        "",
        ("tests/store/test_migrations.py::test_the_migrations_make_the_tables_that_the_program_uses",),
    ),
    Mutation(
        "inbox-duplicate-not-looked-for",
        INBOX,
        "    if known:\n        return Place(*known, duplicate=True)\n",
        "",
        (f"{STORE}::test_a_duplicate_changes_nothing_before_and_after_the_answer",),
    ),
    Mutation(
        "inbox-duplicate-looked-for-without-lock",
        INBOX,
        """    conversation = conversations.open_for(connection, channel, account, address, language)
    key = {"channel": channel, "account": account, "external_id": external_id}
    known = connection.execute(_KNOWN, key).one_or_none()
""",
        """    key = {"channel": channel, "account": account, "external_id": external_id}
    known = connection.execute(_KNOWN, key).one_or_none()
    conversation = conversations.open_for(connection, channel, account, address, language)
""",
        (f"{STORE}::test_the_same_message_from_many_sides_at_once_is_stored_once",),
        postgresql=True,
    ),
    Mutation(
        "inbox-claim-waits-for-others",
        INBOX,
        ".with_for_update(of=conversations_table, skip_locked=True)",
        ".with_for_update(of=conversations_table)",
        (f"{STORE}::test_on_postgresql_a_held_conversation_is_passed_over_not_waited_for",),
        postgresql=True,
    ),
    Mutation(
        "inbox-claim-without-lock",
        INBOX,
        "    .limit(1)\n    .with_for_update(of=conversations_table, skip_locked=True)\n",
        "    .limit(1)\n",
        (
            f"{STORE}::test_workers_side_by_side_never_share_a_conversation",
            f"{STORE}::test_on_postgresql_a_held_conversation_is_passed_over_not_waited_for",
        ),
        postgresql=True,
    ),
    Mutation(
        "inbox-newest-first",
        INBOX,
        'bindparam("of"), WAITING)\n    .order_by(inbox.c.id)',
        'bindparam("of"), WAITING)\n    .order_by(inbox.c.id.desc())',
        (f"{STORE}::test_messages_are_answered_in_order_with_numbers_without_gaps",),
    ),
    Mutation(
        "inbox-put-off-is-claimed",
        INBOX,
        'conversations_table.c.retry_at <= bindparam("at"),',
        'conversations_table.c.retry_at > bindparam("at"),',
        (f"{STORE}::test_others_go_on_while_a_conversation_is_postponed_and_its_order_holds",),
    ),
    Mutation(
        "inbox-buttons-of-others-count",
        "store/conversations/inbox.py",
        "        if press not in offered:\n            raise UnknownToken\n"
        "        text = offered[press].title\n",
        "        text = offered[press].title if press in offered else text\n",
        (f"{STORE}::test_a_button_of_another_conversation_is_refused",),
    ),
    Mutation(
        "inbox-choice-counts-again",
        "store/conversations/inbox.py",
        "        transcript.choose(connection, press, entry.seq)\n",
        "        pass\n",
        ("tests/conversation/test_choices.py::test_two_taps_on_one_button_are_one_choice",),
    ),
    Mutation(
        "web-acknowledged-without-being-stored",
        "channels/web/channel.py",
        "        except UnknownButton as error:\n",
        "        except RuntimeError:\n"
        '            return json_response({"seq": 1, "duplicate": False}, 202)\n'
        "        except UnknownButton as error:\n",
        ("tests/channels/web/test_web.py::test_a_message_that_can_not_be_stored_is_not_acknowledged",),
    ),
    Mutation(
        "gateway-acknowledges-before-the-commit",
        "bot/conversation/receiving/gateway.py",
        "            place = await self._database.run_first(store)\n",
        "            place = await self._database.run_first(lambda c: (store(c), c.rollback())[0])\n",
        ("tests/conversation/test_intake.py::test_what_is_acknowledged_is_stored",),
    ),
    Mutation(
        "gateway-batch-acknowledged-before-the-commit",
        "bot/conversation/receiving/gateway.py",
        "        done = await self._database.run_first(store)\n",
        "        done = [Taken()]\n        asyncio.get_running_loop().call_soon(asyncio.ensure_future, "
        "self._database.run_first(store))\n",
        ("tests/conversation/test_intake.py::test_what_is_acknowledged_is_stored",),
    ),
    Mutation(
        "sms-acknowledged-without-being-stored",
        "channels/sms/channel.py",
        "            await gateway.take(events)\n            # The answer",
        "            try:\n                await gateway.take(events)\n            except Exception:\n"
        "                pass\n            # The answer",
        ("tests/channels/sms/test_sms.py::test_when_the_store_fails_twilio_is_told_to_come_again",),
    ),
    Mutation(
        "messenger-acknowledged-without-being-stored",
        "channels/messenger/channel.py",
        "                await gateway.take([*messages, *others])\n",
        "                with contextlib.suppress(Exception):\n"
        "                    await gateway.take([*messages, *others])\n",
        ("tests/channels/messenger/test_messenger.py::test_when_the_store_fails_meta_is_told_to_come_again",),
    ),
    Mutation(
        "telegram-acknowledged-without-being-stored",
        "channels/telegram/webhook.py",
        'raise Unavailable("The update could not be stored. Send it again.") from None',
        "return empty(200)",
        (f"{TELEGRAM}::test_what_the_store_refuses_is_delivered_again",),
    ),
    Mutation(
        "telegram-confirmed-without-being-stored",
        "channels/telegram/poll.py",
        "            if len(updates) == 1:\n                raise\n",
        "            if len(updates) == 1:\n                return int(updates[-1]['update_id']) + 1\n",
        (f"{TELEGRAM}::test_updates_are_confirmed_only_once_they_are_stored",),
    ),
    Mutation(
        "telegram-press-acknowledged-before-it-is-stored",
        "channels/telegram/updates.py",
        "        if events:\n            await self._gateway.take(events)\n"
        "        for one in parsed:\n            self._respond(one)\n",
        "        for one in parsed:\n            self._respond(one)\n"
        "        if events:\n            await self._gateway.take(events)\n",
        (f"{TELEGRAM}::test_a_press_that_was_not_stored_is_not_acknowledged",),
    ),
    Mutation(
        "spool-is-overtaken",
        "bot/conversation/receiving/gateway.py",
        "        if self._spool.waits():\n            return await self._keep(events, request_id)\n",
        "",
        (f"{SPOOLING}::test_what_comes_while_the_database_is_away_is_kept_and_fed_in_order_and_once",),
    ),
    Mutation(
        "spool-forgets-before-it-feeds",
        "bot/conversation/receiving/spooling.py",
        "            async with asyncio.timeout(FEED_SECONDS):\n",
        "            self._spool.done(entries[0])\n            async with asyncio.timeout(FEED_SECONDS):\n",
        (f"{SPOOLING}::test_while_the_database_stays_away_nothing_leaves_the_spool",),
    ),
    Mutation(
        "spool-damage-unseen",
        "bot/runtime/spool.py",
        "        if head != _MARK + _digest(content):\n",
        "        if not head:\n",
        ("tests/runtime/test_spool.py::test_what_is_not_as_it_was_written_is_known_and_set_aside",),
    ),
    Mutation(
        "spool-without-bound",
        "bot/runtime/spool.py",
        "if len(entries) >= self._most or size > self._most_bytes:",
        "if size > self._most_bytes:",
        ("tests/runtime/test_spool.py::test_too_many_or_too_much_is_refused_and_keeps_what_is_there",),
    ),
    Mutation(
        "spool-for-everybody",
        "bot/runtime/spool.py",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)",
        ("tests/runtime/test_spool.py::test_nobody_else_can_read_them",),
    ),
)
