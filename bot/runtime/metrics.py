"""What `GET /metrics` tells Prometheus."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from store.conversations import inbox, outbox
from store.core.database import Connection

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
fallbacks = Counter("aftercare_fallbacks_total", "Messages not understood", registry=registry)
sends = Counter(
    "aftercare_sends_total",
    "Attempts to hand a message to a provider",
    ["channel", "outcome"],
    registry=registry,
)
depth = Gauge("aftercare_queue_depth", "Messages that wait", ["queue"], registry=registry)
age = Gauge(
    "aftercare_queue_age_seconds", "Age of the oldest message that waits", ["queue"], registry=registry
)


def render(connection: Connection) -> bytes:
    """All figures in Prometheus' text format; the queues are counted in the database."""
    now = datetime.now(UTC)
    for name, queue in (("inbox", inbox), ("outbox", outbox)):
        count, oldest = queue.backlog(connection)
        depth.labels(name).set(count)
        age.labels(name).set((now - oldest).total_seconds() if oldest else 0)
    return generate_latest(registry)
