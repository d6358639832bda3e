"""Small requests cost little: what is read, sent and waited for has a bound."""

from tests.mutations.mutation import Mutation

CLIENT = "bot/runtime/http/bounded_client.py"
SIZES = "tests/attacks/test_sizes.py"
CROWDS = "tests/attacks/test_crowds.py"
ACCOUNTS = "tests/desk/test_accounts_api.py"

MUTATIONS = (
    Mutation(
        "size-packed-answers",
        CLIENT,
        '.strip().lower() != "identity":',
        '.strip().lower() == "br":',
        (f"{SIZES}::test_media_that_unpacks_is_refused",),
    ),
    Mutation(
        "size-endless-answers",
        CLIENT,
        "            if come > self._most:\n",
        "            if come < 0:\n",
        (f"{SIZES}::test_an_answer_without_an_end_is_cut",),
    ),
    Mutation(
        "size-file-in-one-piece",
        "bot/runtime/http/file_answers.py",
        "PIECE = 64 * 1024",
        "PIECE = 64 * 1024 * 1024",
        (f"{SIZES}::test_a_file_read_slowly_by_many_takes_no_memory",),
    ),
    Mutation(
        "size-file-for-everybody",
        "bot/web/file_routes.py",
        "if not (room and free):",
        "if not room:",
        (f"{SIZES}::test_a_file_read_slowly_by_many_takes_no_memory",),
    ),
    Mutation(
        "size-a-byte-earns-all-time",
        "bot/web/patience.py",
        "self._time = min(self._time, since + len(data) / SLOWEST)",
        "self._time = max(self._time, since)",
        (f"{SIZES}::test_a_request_that_comes_a_byte_at_a_time_is_cut",),
    ),
    Mutation(
        "size-rest-of-a-refused-request",
        "bot/web/patience.py",
        "(http.stage is Stage.IDLE and not http.request_body)",
        "http.stage is Stage.IDLE",
        (f"{SIZES}::test_a_request_that_comes_a_byte_at_a_time_is_cut",),
    ),
    Mutation(
        "size-flooder-empties-the-network",
        "channels/web/channel.py",
        "        _take(from_visitor, visit.address)\n        _take(from_network, client_network(request))\n",
        "        _take(from_network, client_network(request))\n        _take(from_visitor, visit.address)\n",
        (f"{CROWDS}::test_one_who_floods_uses_up_nothing_of_the_others",),
    ),
    Mutation(
        "size-cookie-thrown-away-silently",
        "bot/desk/accounts/sessions.py",
        'if self._secure and not _is_this_host(origin.hostname or ""):',
        "if False:",
        (f"{ACCOUNTS}::test_who_comes_over_http_to_a_desk_of_https_is_told",),
    ),
    Mutation(
        "size-cookie-in-the-clear",
        "bot/desk/accounts/sessions.py",
        'return self._secure or origin.scheme == "https"',
        'return origin.scheme == "https"',
        (f"{ACCOUNTS}::test_the_cookie_is_one_that_the_browser_sends_back",),
    ),
    Mutation(
        "size-transcript-at-once",
        "channels/web/events.py",
        "PORTION = 20\n",
        "PORTION = 2000\n",
        (f"{SIZES}::test_a_long_transcript_read_slowly_by_many_takes_no_memory",),
    ),
)
