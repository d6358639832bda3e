"""The support desk: agents, what they do, and what is asked of customers afterwards."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from store.tables.base import Instant, OneOf, job_columns, metadata, now, reference, row_id
from store.vocabulary import CallbackState, MailState, MirrorStatus, Presence, Role, SurveyState

agents = Table(
    "agents",
    metadata,
    row_id(),
    Column("email", String(254), nullable=False, unique=True),  # lower case
    Column("name", String(80), nullable=False),  # as customers see it
    Column("role", OneOf(Role, 10), nullable=False),
    Column("password", String(200)),  # argon2id; none until the invitation is taken up
    Column("totp_secret", String(200)),  # encrypted; none while a second factor isn't wanted
    Column("totp_step", Integer, nullable=False, default=0),  # the last one used: no code counts twice
    Column("language", String(8), nullable=False, default="en"),  # of the desk's own words
    Column("languages", JSON, nullable=False, default=list),  # spoken with customers; none: all
    Column("skills", JSON, nullable=False, default=list),
    Column("capacity", Integer, nullable=False, default=6),  # conversations at a time
    Column("state", OneOf(Presence, 10), nullable=False, default=Presence.OFFLINE),  # as chosen
    Column("seen_at", Instant),  # the desk was open then
    Column("failures", Integer, nullable=False, default=0),  # of signing in, in a row
    Column("locked_until", Instant),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False, default=now),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie's token
    reference("agent_id", "agents"),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False, default=now),
    Column("used_at", Instant, nullable=False, default=now),
    Column("expires_at", Instant, nullable=False),
    Index("ix_agent_sessions_agent_id", "agent_id"),
)

# Links by which somebody becomes an agent, or sets a new password.
invitations = Table(
    "invitations",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the link's token
    reference("agent_id", "agents"),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

# All that an agent or admin did.
audit_log = Table(
    "audit_log",
    metadata,
    row_id(),
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    Column("who", String(254), nullable=False),  # the e-mail: it stays when the agent is gone
    Column("action", String(40), nullable=False),
    Column("target", String(80), nullable=False, default=""),  # conversation:12, agent:3, order:10234
    Column("details", JSON, nullable=False, default=dict),
    Column("request_id", String(40), nullable=False, default=""),
    Column("at", Instant, nullable=False, default=now),
    Index("ix_audit_log_at", "at"),
    Index("ix_audit_log_target", "target"),
)

notes = Table(
    "notes",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    Column("author_name", String(80), nullable=False),
    Column("after_seq", Integer, nullable=False),  # the message that it stands behind
    Column("text", Text, nullable=False),
    Column("mentions", JSON, nullable=False, default=list),  # ids of agents
    Column("at", Instant, nullable=False, default=now),
    Index("ix_notes_conversation_id", "conversation_id"),
)

# How far an agent has read; `viewed_at`: the conversation is open on a screen of theirs.
readings = Table(
    "readings",
    metadata,
    row_id(),
    reference("agent_id", "agents"),
    reference("conversation_id", "conversations"),
    Column("seq", Integer, nullable=False, default=0),
    Column("viewed_at", Instant),
    UniqueConstraint("agent_id", "conversation_id"),
    Index("ix_readings_conversation_id", "conversation_id"),
)

# Asked once after a person's work is done.
surveys = Table(
    "surveys",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    reference("handoff_id", "handoffs", nullable=True),
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    Column("state", OneOf(SurveyState, 10), nullable=False, default=SurveyState.ASKED),
    Column("score", Integer),  # 1 to 5
    Column("comment", Text),
    Column("asked_at", Instant, nullable=False, default=now),
    Column("answered_at", Instant),
    Index("ix_surveys_conversation_id", "conversation_id"),
)

# Customers who want to be called.
callbacks = Table(
    "callbacks",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("phone", String(20), nullable=False),  # E.164
    Column("wish", String(200), nullable=False, default=""),  # when and why, in the customer's words
    Column("state", OneOf(CallbackState, 10), nullable=False, default=CallbackState.OPEN),
    reference("agent_id", "agents", nullable=True, ondelete="SET NULL"),
    Column("created_at", Instant, nullable=False, default=now),
    Column("done_at", Instant),
    Column("alerted_at", Instant),  # when it was said that nobody had called
)

# Mail on its way out; each is sent once.
mails = Table(
    "mails",
    metadata,
    row_id(),
    Column("key", String(120), nullable=False, unique=True),  # what it is about: the same is never sent twice
    Column("recipient", String(254), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("attachment", Text),  # a text file's content
    Column("attachment_name", String(120)),
    *job_columns(MailState, MailState.QUEUED),
    Column("created_at", Instant, nullable=False, default=now),
    Index("ix_mails_state_due", "state", "due_at"),
)

# Conversations that the shop's other desk has too.
mirrors = Table(
    "mirrors",
    metadata,
    row_id(),
    reference("conversation_id", "conversations"),
    Column("desk", String(20), nullable=False),
    Column("external_id", String(80)),  # of the conversation there
    Column("contact_id", String(80)),  # of the customer there
    Column("seq", Integer, nullable=False, default=0),  # the last message that is there
    Column("handoff_id", BigInteger, nullable=False, default=0),  # the last request that is there
    Column("read_id", BigInteger, nullable=False, default=0),  # all messages there up to this are here
    Column("status", OneOf(MirrorStatus, 10)),  # of the conversation there, as it was dealt with
    Column("told_at", Instant),  # what wasn't delivered up to then has been reported there
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Instant),  # none: nothing to do
    Column("leased_until", Instant),  # a process is at it
    Column("reason", String(200)),
    UniqueConstraint("conversation_id", "desk"),
    Index("ix_mirrors_external_id", "external_id"),
    Index("ix_mirrors_due_at", "due_at"),
)
OPEN_THERE = mirrors.c.status == literal_column("'open'")
Index("ix_mirrors_open", mirrors.c.conversation_id, sqlite_where=OPEN_THERE, postgresql_where=OPEN_THERE)
