"""Conversations, and every message on its way in and out."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from store.tables.base import Instant, OneOf, job_columns, metadata, now, reference, row_id
from store.vocabulary import (
    AttachmentState,
    Author,
    InboxState,
    OutboxState,
    Owner,
    ProofBy,
    Reason,
    SendState,
    Suppression,
    ThrottleScope,
)

conversations = Table(
    "conversations",
    metadata,
    row_id(),
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("address", String(128), nullable=False),
    Column("owner", OneOf(Owner, 10), nullable=False, default=Owner.BOT),
    Column("language", String(8), nullable=False, default="en"),
    Column("last_seq", Integer, nullable=False, default=0),  # of messages
    Column("memory", JSON, nullable=False, default=dict),  # `Memory`
    Column("last_event_seq", Integer, nullable=False, default=0),  # of tracker_events
    # The e-mail or phone that the customer has proven to be theirs, and how.
    Column("proven_contact", String(254), index=True),
    Column("proven_by", OneOf(ProofBy, 10)),
    Column("proven_at", Instant),
    Column("failed_proofs", Integer, nullable=False, default=0),  # of earlier versions: see `throttles`
    # After a turn that failed: how often in a row, and not before when.
    Column("failures", Integer, nullable=False, default=0),
    Column("retry_at", Instant),
    Column("heard_at", Instant),  # of the customer's last message
    # While `owner` is human: the agent who has it; or who else, without an account here, and until when.
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    Column("held_by", String(80)),
    Column("held_until", Instant),
    Column("disposition", String(40)),  # how it was closed
    Column("created_at", Instant, nullable=False, default=now),
    Column("updated_at", Instant, nullable=False, default=now),
    UniqueConstraint("channel", "account", "address"),
    Index("ix_conversations_owner_updated", "owner", "updated_at"),
    Index("ix_conversations_agent_id", "agent_id"),
)

messages = Table(
    "messages",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),
    Column("author", OneOf(Author, 10), nullable=False),
    Column("author_name", String(80)),  # of an agent, as the customer sees it
    Column("text", Text, nullable=False),
    Column("buttons", JSON, nullable=False, default=list),  # [{"token", "title"}]
    Column("external_id", String(128)),  # the provider's or client's id of a customer's message
    Column("reply_to", Integer),  # seq of the customer's message that a reply answers
    Column("request_id", String(40), nullable=False, default=""),
    Column("created_at", Instant, nullable=False, default=now),
    Column("edited_at", Instant),
    UniqueConstraint("conversation_id", "seq"),
)

# What a customer sent beside text: fetched from the provider soon after, and kept under a random name.
attachments = Table(
    "attachments",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message that it came with
    Column("position", Integer, nullable=False),
    Column("kind", String(10), nullable=False),  # image audio voice video file location contact link
    Column(
        "reference", Text, nullable=False
    ),  # where the provider has it; the thing itself of the last three
    Column("name", String(200), nullable=False, default=""),
    Column("media_type", String(100), nullable=False, default=""),
    Column("size", Integer),
    *job_columns(AttachmentState, AttachmentState.WAITING),
    Column("file", String(64)),  # its random name in the store of files
    UniqueConstraint("conversation_id", "seq", "position"),
)
TO_FETCH = attachments.c.state == literal_column("'waiting'")
Index("ix_attachments_to_fetch", attachments.c.due_at, sqlite_where=TO_FETCH, postgresql_where=TO_FETCH)

# A button's meaning stays here; the customer's side only gets its token.
buttons = Table(
    "buttons",
    metadata,
    Column("token", String(32), primary_key=True),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message that carries it
    Column("title", String(80), nullable=False),
    Column("payload", JSON, nullable=False),  # `Payload`
    Column("chosen", Integer),  # seq of the customer's message that chose it
    Index("ix_buttons_conversation_seq", "conversation_id", "seq"),
)

tracker_events = Table(
    "tracker_events",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),
    Column("type", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Column("data", JSON, nullable=False),
    UniqueConstraint("conversation_id", "seq"),
)

inbox = Table(
    "inbox",
    metadata,
    row_id(),
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("external_id", String(128), nullable=False),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message in the transcript
    Column("press", String(32)),  # token of a pressed button
    Column("command", String(80)),  # what the message asks of us beside its words: "begin", "order 10234"
    # A keyed hash of the network that it came from, until it is worked on; none where the address tells.
    Column("network", String(64)),
    Column("album", String(64)),  # the provider's name for what was sent together
    Column("state", OneOf(InboxState, 10), nullable=False, default=InboxState.WAITING),
    Column("reason", String(200)),  # why it was given up
    # What the message was taken for, once the bot has answered it.
    Column("intent", String(64)),
    Column("confidence", Numeric(5, 4, asdecimal=False)),
    Column("request_id", String(40), nullable=False, default=""),
    Column("received_at", Instant, nullable=False, default=now),
    Column("done_at", Instant),
    UniqueConstraint("channel", "account", "external_id"),
)
# A partial index serves only conditions that are spelled like its own, with the values in the statement
# itself: a bound parameter could be anything.
WAITING = inbox.c.state == literal_column("'waiting'")
Index("ix_inbox_waiting", inbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING)
Index(
    "ix_inbox_waiting_of", inbox.c.conversation_id, inbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING
)

ALBUM = inbox.c.album.is_not(None)
Index("ix_inbox_album", inbox.c.conversation_id, inbox.c.album, sqlite_where=ALBUM, postgresql_where=ALBUM)

# Messages that were given up and of which no person knows yet.
PARKED = inbox.c.state == literal_column("'parked'")
Index("ix_inbox_parked", inbox.c.id, sqlite_where=PARKED, postgresql_where=PARKED)

# What came back from the shop's own account in several conversations: a machine says the same to many.
echoes = Table(
    "echoes",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("digest", String(64), nullable=False),  # of account and words
    Column("at", Instant, nullable=False, default=now),
    UniqueConstraint("conversation_id", "digest"),
    Index("ix_echoes_digest_at", "digest", "at"),
    Index("ix_echoes_at", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False),  # of the message in the transcript
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("address", String(128), nullable=False),
    *job_columns(OutboxState, OutboxState.QUEUED),
    Column("parts_sent", Integer, nullable=False, default=0),
    Column("request_id", String(40), nullable=False, default=""),
    Column("created_at", Instant, nullable=False, default=now),
    Column("sent_at", Instant),
    UniqueConstraint("conversation_id", "seq"),
)
OPEN = outbox.c.state.in_([literal_column("'queued'"), literal_column("'sending'")])
Index("ix_outbox_open", outbox.c.conversation_id, outbox.c.id, sqlite_where=OPEN, postgresql_where=OPEN)

# What each part of a message became: a long message is several at the provider.
sends = Table(
    "sends",
    metadata,
    row_id(),
    reference("outbox_id", "outbox"),
    Column("part", Integer, nullable=False),  # from 0
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("provider_id", String(128)),
    Column("state", OneOf(SendState, 10), nullable=False, default=SendState.SENT),
    Column("reason", String(200)),
    Column("at", Instant, nullable=False, default=now),
    UniqueConstraint("outbox_id", "part"),
    Index("ix_sends_provider", "channel", "account", "provider_id"),
)

# Who gets nothing any more, and why.
suppressions = Table(
    "suppressions",
    metadata,
    row_id(),
    Column("channel", String(20), nullable=False),
    Column("address", String(128), nullable=False),
    Column("reason", OneOf(Suppression, 20), nullable=False),
    Column("at", Instant, nullable=False, default=now),
    UniqueConstraint("channel", "address"),
)

# Signed tokens that vouched for a customer already: each counts once.
used_tokens = Table(
    "used_tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

# Wrong proofs of all conversations, by what is held to account: see `store.conversations.throttle`.
throttles = Table(
    "throttles",
    metadata,
    row_id(),
    Column("scope", OneOf(ThrottleScope, 20), nullable=False),
    Column("key", String(64), nullable=False),  # a hash: nobody's contact or network stands here
    Column(
        "level", Numeric(8, 4, asdecimal=False), nullable=False, default=0
    ),  # wrong tries that aren't forgiven yet
    Column("counted_at", Instant, nullable=False, default=now),  # when `level` was so
    Column("waits_until", Instant),
    Column("passes_until", Instant),  # of a conversation that a person has handed back
    Column("alerted_at", Instant),  # when the shop was told that it waits
    UniqueConstraint("scope", "key"),
    Index("ix_throttles_counted_at", "counted_at"),
)

handoffs = Table(
    "handoffs",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("reason", OneOf(Reason, 40), nullable=False),
    Column("summary", Text, nullable=False),
    Column("packet", JSON, nullable=False),  # `Packet`
    Column("open", Boolean, nullable=False, default=True),
    Column("skill", String(40), nullable=False, default=""),
    Column("priority", Integer, nullable=False, default=0),  # 0 normal, 1 high, 2 urgent
    # The service clock: when an answer and an end are due, in opening hours, and when they came.
    Column("answer_due_at", Instant),
    Column("resolve_due_at", Instant),
    Column("claimed_at", Instant),
    Column("answered_at", Instant),
    Column("resolved_at", Instant),
    Column("alerted_at", Instant),  # when it was said that nobody had claimed it
    Column("reminded", Integer, nullable=False, default=0),  # how often the customer was told to wait longer
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    Column("created_at", Instant, nullable=False, default=now),
    Index("ix_handoffs_conversation_id", "conversation_id"),
)
# Nobody has answered these yet, or nobody has ended them.
UNRESOLVED = handoffs.c.open == literal_column("true")
Index(
    "ix_handoffs_unresolved", handoffs.c.conversation_id, sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED
)

# Every change of owner, with who, when and why.
ownership_changes = Table(
    "ownership_changes",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("from_owner", OneOf(Owner, 10), nullable=False),
    Column("to_owner", OneOf(Owner, 10), nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", String(80), nullable=False),
    Column("at", Instant, nullable=False, default=now),
    Index("ix_ownership_changes_conversation_id", "conversation_id"),
)
