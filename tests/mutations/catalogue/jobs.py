"""A job is leased to one process at a time, tried again after a pause, and given up in the end."""

from tests.mutations.mutation import Mutation

QUEUE = "store/core/job_queue.py"
JOBS = "bot/runtime/work/jobs.py"
TESTS = "tests/runtime/test_jobs.py"

MUTATIONS = (
    Mutation(
        "jobs-lease-not-proven",
        QUEUE,
        ".where(c.id == job_id, c.leased_until == until)",
        ".where(c.id == job_id)",
        (
            f"{TESTS}::test_whoever_hangs_loses_its_lease_and_does_nothing_when_it_wakes",
            f"{TESTS}::test_a_late_failure_does_not_take_the_lease_of_who_is_at_it_now",
        ),
    ),
    Mutation(
        "jobs-lease-for-ever",
        QUEUE,
        "return or_(until.is_(None), until <= at, until > at + LONGEST_LEASE)",
        "return or_(until.is_(None), until > at + LONGEST_LEASE)",
        (f"{TESTS}::test_whoever_hangs_loses_its_lease_and_does_nothing_when_it_wakes",),
    ),
    Mutation(
        "jobs-lease-of-nobody",
        QUEUE,
        "return or_(until.is_(None), until <= at, until > at + LONGEST_LEASE)",
        "return true()",
        (
            f"{TESTS}::test_a_leased_job_is_nobody_elses",
            "tests/conversation/test_sender.py::test_a_send_of_another_process_is_left_to_it",
        ),
    ),
    Mutation(
        "jobs-lease-set-back",
        QUEUE,
        "return or_(until.is_(None), until <= at, until > at + LONGEST_LEASE)",
        "return or_(until.is_(None), until <= at)",
        (f"{TESTS}::test_a_clock_that_is_set_back_stalls_nothing",),
    ),
    Mutation(
        "jobs-pause-set-back",
        QUEUE,
        "            due = or_(due, c.due_at > at + self._horizon)\n",
        "            pass\n",
        (
            f"{TESTS}::test_a_clock_that_is_set_back_stalls_nothing",
            f"{TESTS}::test_a_clock_that_is_set_forward_and_back",
        ),
    ),
    Mutation(
        "jobs-claim-waits-for-others",
        QUEUE,
        ".with_for_update(of=self.table, skip_locked=True)",
        ".with_for_update(of=self.table)",
        (f"{TESTS}::test_a_job_that_is_being_claimed_is_passed_over_not_waited_for",),
        postgresql=True,
    ),
    Mutation(
        "jobs-claim-without-lock",
        QUEUE,
        "                .limit(limit)\n                .with_for_update(of=self.table, skip_locked=True)\n",
        "                .limit(limit)\n",
        (f"{TESTS}::test_a_job_that_is_being_claimed_is_passed_over_not_waited_for",),
        postgresql=True,
    ),
    Mutation(
        "jobs-ended-is-claimed",
        QUEUE,
        "return and_(self.is_waiting, is_free(self.table, at), due)",
        "return and_(is_free(self.table, at), due)",
        (f"{TESTS}::test_what_fails_is_tried_again_after_growing_pauses_and_parked_in_the_end",),
    ),
    Mutation(
        "jobs-claimed-before-time",
        QUEUE,
        "return and_(self.is_waiting, is_free(self.table, at), due)",
        "return and_(self.is_waiting, is_free(self.table, at))",
        (f"{TESTS}::test_a_timer_is_done_once_when_its_time_has_come_and_is_gone",),
    ),
    Mutation(
        "jobs-attempts-uncounted",
        QUEUE,
        "attempts=c.attempts + 1)",
        "attempts=c.attempts)",
        (f"{TESTS}::test_what_fails_is_tried_again_after_growing_pauses_and_parked_in_the_end",),
    ),
    Mutation(
        "jobs-postponed-counts",
        QUEUE,
        "attempts = self.table.c.attempts - 1\n",
        "attempts = self.table.c.attempts + 0\n",
        (f"{TESTS}::test_what_was_not_tried_is_no_attempt",),
    ),
    Mutation(
        "jobs-parked-one-too-late",
        JOBS,
        "if error.permanent or job.attempts + 1 >= self.max_attempts:",
        "if error.permanent or job.attempts >= self.max_attempts:",
        (f"{TESTS}::test_what_fails_is_tried_again_after_growing_pauses_and_parked_in_the_end",),
    ),
    Mutation(
        "jobs-permanent-is-tried-again",
        JOBS,
        "if error.permanent or job.attempts + 1 >= self.max_attempts:",
        "if job.attempts + 1 >= self.max_attempts:",
        (f"{TESTS}::test_what_fails_for_good_is_parked_at_once",),
    ),
    Mutation(
        "jobs-killer-goes-on",
        QUEUE,
        ".where(self.is_abandoned(at), c.attempts >= attempts)",
        ".where(self.is_abandoned(at), c.attempts > attempts)",
        (f"{TESTS}::test_one_that_kills_every_process_is_parked",),
    ),
    Mutation(
        "jobs-abandoned-once-is-parked",
        QUEUE,
        ".where(self.is_abandoned(at), c.attempts >= attempts)",
        ".where(self.is_abandoned(at))",
        (f"{TESTS}::test_whoever_hangs_loses_its_lease_and_does_nothing_when_it_wakes",),
    ),
    Mutation(
        "backoff-does-not-grow",
        JOBS,
        "self.first * 2.0 ** min(attempts, 30)",
        "self.first",
        (f"{TESTS}::test_what_fails_is_tried_again_after_growing_pauses_and_parked_in_the_end",),
    ),
    Mutation(
        "backoff-without-end",
        JOBS,
        "whole = min(self.longest, self.first",
        "whole = max(self.longest, self.first",
        (f"{TESTS}::test_what_fails_is_tried_again_after_growing_pauses_and_parked_in_the_end",),
    ),
    Mutation(
        "backoff-all-at-once",
        JOBS,
        "return random.uniform(0.5, 1) * whole",
        "return whole",
        (f"{TESTS}::test_what_somebody_asks_for_is_kept_to_but_not_for_ever",),
    ),
    Mutation(
        "retry-after-for-ever",
        JOBS,
        "return timedelta(seconds=min(HORIZON.total_seconds(), max(0.0, retry_after)))",
        "return timedelta(seconds=max(0.0, retry_after))",
        (f"{TESTS}::test_what_somebody_asks_for_is_kept_to_but_not_for_ever",),
    ),
    Mutation(
        "retry-after-not-heard",
        JOBS,
        "        if retry_after is None:\n",
        "        if retry_after is None or True:\n",
        (f"{TESTS}::test_what_somebody_asks_for_is_kept_to_but_not_for_ever",),
    ),
    Mutation(
        "jobs-put-off-for-ever",
        JOBS,
        "due_at = self._clock() + min(HORIZON, timedelta(seconds=seconds))",
        "due_at = self._clock() + timedelta(seconds=seconds)",
        (f"{TESTS}::test_what_is_put_off_waits_an_hour_at_most",),
    ),
)
