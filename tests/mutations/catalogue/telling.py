"""Others hear of what is committed only, and the log of nothing that a customer said."""

from tests.mutations.mutation import Mutation

DATABASE = "store/core/database.py"
LOG = "bot/runtime/log.py"
EVENTS = "tests/store/test_events.py"
TESTS = "tests/runtime/test_log.py"
COMMIT = """            with connection.begin():
                yield connection
            if happened:
                self._tell(connection, happened)
"""

MUTATIONS = (
    Mutation(
        "events-before-the-commit",
        DATABASE,
        COMMIT,
        """            with connection.begin():
                yield connection
                for hear in self._hearers:
                    hear(happened)
""",
        (f"{EVENTS}::test_whoever_is_told_finds_it_committed",),
    ),
    Mutation(
        "events-of-what-was-rolled-back",
        DATABASE,
        COMMIT,
        """            try:
                with connection.begin():
                    yield connection
            finally:
                self._tell(connection, happened)
""",
        (f"{EVENTS}::test_what_is_rolled_back_is_never_told",),
    ),
    Mutation(
        "events-for-this-process-only",
        DATABASE,
        "        if self.is_sqlite:\n            return\n        # After",
        "        if self.origin:\n            return\n        # After",
        (f"{EVENTS}::test_another_process_hears_it_once_and_its_own_not_again",),
        postgresql=True,
    ),
    Mutation(
        "events-of-all-shops",
        DATABASE,
        "\"'aftercare_' || (SELECT oid FROM pg_namespace WHERE nspname = current_schema())\"",
        "\"'aftercare_'\"",
        (f"{EVENTS}::test_shops_in_one_database_do_not_hear_each_other",),
        postgresql=True,
    ),
    Mutation(
        "log-any-exceptions-text",
        LOG,
        "if not isinstance(error, _OUTSPOKEN) and not kind.startswith(_OURS):",
        "if not kind:",
        (f"{TESTS}::test_an_exceptions_text_stands_only_where_it_can_hold_nothing_of_a_customers",),
    ),
    Mutation(
        "log-e-mails",
        LOG,
        '    (re.compile(r"[^\\s@\'\\"<>]+@[^\\s@\'\\"<>]+"), "…@…"),\n',
        "",
        (f"{TESTS}::test_a_librarys_words_are_scrubbed",),
    ),
    Mutation(
        "log-phones",
        LOG,
        '    (re.compile(r"\\+?\\d[\\d \\-]{5,}\\d"), "…"),\n',
        "",
        (f"{TESTS}::test_a_librarys_words_are_scrubbed",),
    ),
    Mutation(
        "log-tokens",
        LOG,
        '    (re.compile(r"\\b(?=\\w*\\d)[\\w-]{24,}\\b"), "…"),\n',
        "",
        (f"{TESTS}::test_a_librarys_words_are_scrubbed",),
    ),
    Mutation(
        "log-libraries-as-they-are",
        LOG,
        'event["event"] = scrubbed(str(event["event"]))',
        'event["event"] = str(event["event"])',
        (TESTS,),
    ),
    Mutation(
        "log-several-lines",
        LOG,
        'line = text.strip().partition("\\n")[0]',
        "line = text.strip()",
        (TESTS,),
    ),
)
