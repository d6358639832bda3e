"""A backup is whole or refused, goes into an empty place, and no program touches a newer one's tables."""

from tests.mutations.mutation import Mutation

BACKUP = "bot/runtime/backup/backup.py"
SNAPSHOT = "store/core/snapshot.py"
TESTS = "tests/runtime/test_backup.py"
STORE = "tests/store/test_snapshot.py"

MUTATIONS = (
    Mutation(
        "backup-checksum-unchecked",
        BACKUP,
        "        if manifest.members.get(name) != found_sum:\n",
        "        if name not in manifest.members:\n",
        (f"{TESTS}::test_an_archive_that_is_not_right_changes_nothing",),
    ),
    Mutation(
        "backup-members-may-lack",
        BACKUP,
        "    if missing := needed - found.keys():\n",
        "    if missing := needed - found.keys() - needed:\n",
        (f"{TESTS}::test_an_archive_that_is_not_right_changes_nothing",),
    ),
    Mutation(
        "backup-members-twice",
        BACKUP,
        "            if member.name in sums or MANIFEST in sums:\n",
        "            if MANIFEST in sums:\n",
        (f"{TESTS}::test_an_archive_that_is_not_right_changes_nothing",),
    ),
    Mutation(
        "restore-over-files",
        BACKUP,
        "    if kept(files):\n",
        "    if not archive:\n",
        (f"{TESTS}::test_a_shop_with_data_files_or_another_secret_is_left_alone",),
    ),
    Mutation(
        "restore-over-another-secret",
        BACKUP,
        "if secret and secret.exists() and secret.read_bytes().strip() != archive.secret.encode():",
        "if secret and secret.exists() and not archive.secret:",
        (f"{TESTS}::test_a_shop_with_data_files_or_another_secret_is_left_alone",),
    ),
    Mutation(
        "restore-leaves-files",
        BACKUP,
        "        for file in placed:\n            file.unlink(missing_ok=True)\n        raise\n",
        "        raise\n",
        (f"{TESTS}::test_what_fails_after_the_files_are_placed_takes_them_away_again",),
    ),
    Mutation(
        "restore-over-data",
        SNAPSHOT,
        "        if table.name in present and connection.execute(select(table.c[0]).limit(1)).first():\n",
        "        if table.name not in present and not ours:\n",
        (f"{STORE}::test_a_database_with_a_row_is_refused_and_one_with_empty_tables_is_not",),
    ),
    Mutation(
        "snapshot-of-several-moments",
        "store/core/database.py",
        '                    isolation_level="REPEATABLE READ", postgresql_readonly=True\n',
        "                    postgresql_readonly=True\n",
        (f"{STORE}::test_all_tables_are_of_one_instant",),
        postgresql=True,
    ),
    Mutation(
        "snapshot-numbers-begin-anew",
        SNAPSHOT,
        "                _count_on(self._connection, table)\n",
        "                pass\n",
        (f"{STORE}::test_every_row_of_every_table_comes_over",),
        postgresql=True,
    ),
    Mutation(
        "snapshot-of-a-newer-program",
        SNAPSHOT,
        "    if not schema.knows(revision):\n",
        "    if not revision:\n",
        (f"{STORE}::test_a_newer_database_is_neither_read_nor_overwritten",),
    ),
    Mutation(
        "schema-of-a-newer-program",
        "store/core/schema.py",
        "    if version is not None and not knows(version):\n",
        "    if version is not None and not version:\n",
        ("tests/store/test_upgrades.py::test_a_newer_programs_database_is_left_alone",),
    ),
    Mutation(
        "schema-upgraded-side-by-side",
        "store/core/schema.py",
        '    if connection.dialect.name == "postgresql":\n',
        '    if connection.dialect.name == "none":\n',
        ("tests/store/test_upgrades.py::test_two_processes_that_start_at_once_wait_for_each_other",),
        postgresql=True,
    ),
)
