"""What comes from outside does no harm, what is kept is whole, and whoever must know of a refusal is told."""

from tests.mutations.mutation import Mutation

TYPES = "bot/runtime/file_types.py"
FILES = "bot/runtime/files.py"
ATTACKS = "tests/attacks/test_file_names.py"
NOT_TAKEN = "bot/conversation/files/not_taken.py"
TOLD = "tests/conversation/test_files_not_taken.py"
FAULTS = "store/core/channel_faults.py"
ALERTED = "tests/desk/test_fault_alerts.py"
LOCK = "store/core/serving_lock.py"
SERVED = "tests/cli/test_serve.py"
MODEL = "bot/assistant/model_archive.py"
MODELS = "tests/assistant/test_model_archive.py"

MUTATIONS = (
    Mutation(
        "file-name-keeps-its-ending",
        TYPES,
        "    if ending in endings:\n",
        "    if ending:\n",
        (f"{ATTACKS}::test_no_name_has_another_ending_than_its_content",),
    ),
    Mutation(
        "file-name-keeps-its-dots",
        TYPES,
        r"""_short(re.sub(r"\.+", "_", stem).strip(" _"))""",
        """_short(stem.strip(" _"))""",
        (f"{ATTACKS}::test_no_name_has_another_ending_than_its_content",),
    ),
    Mutation(
        "file-name-of-a-device",
        TYPES,
        "    if _DEVICE.match(stem):\n",
        "    if _DEVICE.match(name):\n",
        (f"{ATTACKS}::test_no_name_is_a_device_of_windows",),
    ),
    Mutation(
        "file-script-is-kept",
        FILES,
        'if media_type == "text/plain" and not promises_text(called):',
        'if media_type == "text/plain" and not called:',
        (f"{ATTACKS}::test_a_script_is_refused_under_the_name_that_runs_it",),
    ),
    Mutation(
        "file-cut-short-is-shown",
        FILES,
        "        if size is not None and len(content) != size:\n",
        "        if size is None:\n",
        (
            "tests/runtime/test_files.py"
            "::test_a_file_that_is_cut_short_on_the_disk_is_not_shown_as_if_it_were_whole",
        ),
    ),
    Mutation(
        "files-refused-untold",
        "bot/conversation/files/fetcher.py",
        "        if state != AttachmentState.STORED:\n",
        "        if state == AttachmentState.FAILED:\n",
        (f"{TOLD}::test_a_file_that_is_refused_is_told_and_not_thanked_for",),
    ),
    Mutation(
        "files-refused-thanked-for",
        "bot/conversation/turns.py",
        "    return _is_wordless(waiting) and _nothing_taken(_files(connection, waiting))\n",
        "    return not _is_wordless(waiting) and _nothing_taken(_files(connection, waiting))\n",
        (f"{TOLD}::test_a_file_that_is_refused_is_told_and_not_thanked_for",),
    ),
    Mutation(
        "files-answered-before-they-are-known",
        "bot/conversation/turns.py",
        "        if AttachmentState.WAITING not in _files(connection, waiting):\n            return False\n",
        "        if AttachmentState.WAITING in _files(connection, waiting):\n            return False\n",
        (f"{TOLD}::test_a_file_that_is_refused_is_told_and_not_thanked_for",),
    ),
    Mutation(
        "files-refused-told-in-parts",
        NOT_TAKEN,
        "        if AttachmentState.WAITING in states and at < until <= at + LONGEST:\n",
        "        if AttachmentState.FAILED in states and at < until <= at + LONGEST:\n",
        (f"{TOLD}::test_the_rest_of_an_album_is_waited_for_and_not_for_ever",),
    ),
    Mutation(
        "files-refused-told-by-the-bot",
        NOT_TAKEN,
        "Author.SYSTEM, response)",
        "Author.BOT, response)",
        (f"{TOLD}::test_whoever_has_the_conversation_the_customer_is_told_and_the_agent_sees_it",),
    ),
    Mutation(
        "fault-of-the-sender-unnoted",
        "bot/conversation/sender.py",
        "        if cause.fault:\n",
        "        if cause.fault and cause.account:\n",
        (f"{ALERTED}::test_a_number_that_may_not_send_is_told_to_admins_once",),
    ),
    Mutation(
        "fault-told-with-each-look",
        "bot/desk/alerting/fault_alerts.py",
        'key = f"fault:{job.key[:60]}:{at:%Y%m%d}:{agent.id}"',
        'key = f"fault:{job.key[:60]}:{at:%Y%m%d%H%M}:{agent.id}"',
        (f"{ALERTED}::test_a_number_that_may_not_send_is_told_to_admins_once",),
    ),
    Mutation(
        "fault-mended-by-what-came-back",
        FAULTS,
        "        sends.c.state != SendState.FAILED,\n",
        "",
        (f"{ALERTED}::test_what_comes_back_as_failed_doesnt_show_that_it_is_mended",),
    ),
    Mutation(
        "fault-of-a-receipt-unnoted",
        "bot/conversation/receiving/intake.py",
        "        if receipt.fault:\n",
        "        if receipt.fault and receipt.unreachable:\n",
        (f"{ALERTED}::test_a_receipt_and_a_poll_tell_of_it_too",),
    ),
    Mutation(
        "serving-lock-shared",
        LOCK,
        "fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        (f"{SERVED}::test_another_name_of_the_same_file_is_the_same_file",),
    ),
    Mutation(
        "serving-lock-by-name",
        LOCK,
        "Path(database.database).resolve()",
        "Path(database.database)",
        (f"{SERVED}::test_another_name_of_the_same_file_is_the_same_file",),
    ),
    Mutation(
        "model-checksum-unread",
        MODEL,
        "    if known is None or known != _sum(path):\n",
        "    if known is None:\n",
        (f"{MODELS}::test_what_is_wrong_with_a_file_is_said",),
    ),
    Mutation(
        "model-replaced-before-it-is-checked",
        MODEL,
        "    _read(made)\n    with made.open",
        "    with made.open",
        (f"{MODELS}::test_what_is_not_whole_never_takes_a_models_place",),
    ),
    Mutation(
        "model-replaced-under-its-old-checksum",
        MODEL,
        "    sums.unlink(missing_ok=True)  # a model without one is read as a whole\n",
        "",
        (f"{MODELS}::test_a_process_that_is_killed_leaves_a_model_that_is_whole",),
    ),
)
