"""What `GET /metrics` tells Prometheus."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.runtime.spool import Spool, SpoolState
from store.cases.feed import hook_queue
from store.conversations import attachments, inbox, outbox, throttle
from store.core import mails, timers
from store.core.database import Connection
from store.handoffs import handoffs as requests

registry = CollectorRegistry()

messages_in = Counter(
    "aftercare_messages_in_total", "Messages from customers", ["channel"], registry=registry
)
messages_out = Counter(
    "aftercare_messages_out_total", "Messages to customers", ["channel", "author"], registry=registry
)
duplicates = Counter(
    "aftercare_duplicates_total", "Repeated deliveries that changed nothing", ["channel"], registry=registry
)
turns = Histogram(
    "aftercare_turn_seconds",
    "From the claim of a message to the commit of its answer",
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
turn_failures = Counter("aftercare_turn_failures_total", "Turns that raised an error", registry=registry)
handoffs = Counter("aftercare_handoffs_total", "Requests for a person", ["reason"], registry=registry)
refused_proofs = Counter(
    "aftercare_refused_proofs_total", "Proofs of an order tried in vain", ["reason"], registry=registry
)
fallbacks = Counter("aftercare_fallbacks_total", "Messages not understood", registry=registry)
sends = Counter(
    "aftercare_sends_total",
    "Attempts to hand a message to a provider",
    ["channel", "outcome"],
    registry=registry,
)
refusals = Counter(
    "aftercare_refusals_total",
    "Messages that a provider did not take, by why",
    ["channel", "why"],
    registry=registry,
)
attachments_in = Counter(
    "aftercare_attachments_total",
    "Customers' files by what became of them",
    ["channel", "outcome"],
    registry=registry,
)
jobs = Counter("aftercare_jobs_total", "Jobs by what became of them", ["kind", "outcome"], registry=registry)
job_seconds = Histogram(
    "aftercare_job_seconds", "From the claim of a job to its end", ["kind"], registry=registry
)
parked = Counter(
    "aftercare_parked_total", "Messages and jobs that were given up", ["kind"], registry=registry
)
depth = Gauge("aftercare_queue_depth", "Messages and jobs that wait", ["queue"], registry=registry)
age = Gauge(
    "aftercare_queue_age_seconds", "How long the oldest of them is overdue", ["queue"], registry=registry
)

proofs_waiting = Gauge(
    "aftercare_proofs_waiting", "What waits after wrong proofs", ["scope"], registry=registry
)
unattended = Gauge(
    "aftercare_unattended",
    "Messages and jobs that were given up and that nobody has seen to",
    registry=registry,
)

spooled = Counter(
    "aftercare_spooled_total", "Deliveries kept on disk while the database was away", registry=registry
)
spool_refused = Counter(
    "aftercare_spool_refused_total", "Kept deliveries that were set aside", registry=registry
)
spool_entries = Gauge("aftercare_spool_entries", "Deliveries that wait on disk", registry=registry)
spool_bytes = Gauge("aftercare_spool_bytes", "Their size", registry=registry)
spool_age = Gauge("aftercare_spool_age_seconds", "How long the first of them waits", registry=registry)
spool_set_aside = Gauge(
    "aftercare_spool_set_aside", "Deliveries on disk that a person must look at", registry=registry
)
database_up = Gauge("aftercare_database_up", "Whether the database answers", registry=registry)
proxies_unconfigured = Gauge(
    "aftercare_proxies_unconfigured",
    "1 once requests came through a proxy that AFTERCARE_PROXIES doesn't count",
    registry=registry,
)

_BACKLOGS = {
    "inbox": inbox.backlog,
    "outbox": outbox.backlog,
    "mail": mails.QUEUE.backlog,
    "attachments": attachments.QUEUE.backlog,
    "timers": timers.QUEUE.backlog,
    "case_hooks": hook_queue.QUEUE.backlog,
}


def render(connection: Connection) -> bytes:
    """All figures in Prometheus' text format; the queues are counted in the database."""
    now = datetime.now(UTC)
    for name, backlog in _BACKLOGS.items():
        count, oldest = backlog(connection)
        depth.labels(name).set(count)
        # What is put off lies ahead.
        age.labels(name).set(max(0.0, (now - oldest).total_seconds()) if oldest else 0)
    for scope, number in throttle.waiting(connection, now).items():
        proofs_waiting.labels(scope).set(number)
    unattended.set(unseen_failures(connection))
    database_up.set(1)
    return generate_latest(registry)


def render_alone() -> bytes:
    """The figures while the database is away: those of this process and of its disk."""
    depth.clear()
    age.clear()
    database_up.set(0)
    return generate_latest(registry)


def look_at(spool: Spool) -> SpoolState:
    """Takes the figures of what waits on disk."""
    state = spool.state()
    spool_entries.set(state.entries)
    spool_bytes.set(state.size)
    spool_age.set(state.age)
    spool_set_aside.set(state.set_aside)
    return state


def unseen_failures(connection: Connection) -> int:
    """How much was given up that nobody has seen to: messages of which no person knows, requests for one
    after a failed turn that nobody has taken up, timers, and what the shop's own system didn't take."""
    return (
        inbox.count_parked(connection)
        + requests.unclaimed(connection, "failure")
        + timers.parked(connection)
        + hook_queue.parked(connection)
    )
