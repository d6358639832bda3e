"""A conversation as a text file for its customer: everything said, in the customer's language, no notes."""

from bot.desk import queries
from bot.desk.dependencies import DeskDependencies
from channels.contract import AT_HAND
from store.conversations import attachments
from store.conversations.attachments import Attached
from store.core import mails
from store.core.database import Connection
from store.desk import threads
from store.desk.threads import Line
from store.vocabulary import Author, OutboxState

MAX_MESSAGES = 5000  # the last ones
PAGE = 200


def text(connection: Connection, service: DeskDependencies, conversation_id: int) -> str:
    """The file: a line of who and when, times in the shop's zone, over each message. What never went out is
    left out. Raises `Refusal`."""
    conversation = queries.need(connection, conversation_id)
    words = service.texts.words(conversation.language)
    head = [words["transcript_title"]]
    seq = max(0, conversation.last_seq - MAX_MESSAGES)
    if seq:
        head += ["", words["transcript_cut"]]
    paragraphs = ["\n".join(head)]
    while lines := threads.lines(connection, conversation_id, after=seq, limit=PAGE):
        sent_with = attachments.of_conversation(connection, conversation_id, seq, lines[-1].seq)
        paragraphs += (
            _paragraph(service, one, words, [file for file in sent_with if file.seq == one.seq])
            for one in lines
            if one.sent != OutboxState.WITHDRAWN
        )
        seq = lines[-1].seq
    return "\n\n".join(paragraphs) + "\n"


def mail(
    connection: Connection, service: DeskDependencies, conversation_id: int, email: str, request_id: str
) -> None:
    """Queues a mail with the file, in the customer's language, once for a request. Raises `Refusal`."""
    language = queries.need(connection, conversation_id).language
    subject, body = service.texts.letter("transcript", language, {})
    mails.add(
        connection,
        f"transcript:{conversation_id}:{request_id}"[:120],
        email,
        subject,
        body,
        attachment=text(connection, service, conversation_id),
        attachment_name=name(conversation_id),
    )


def name(conversation_id: int) -> str:
    """The file's name."""
    return f"conversation-{conversation_id}.txt"


def _paragraph(service: DeskDependencies, line: Line, words: dict[str, str], files: list[Attached]) -> str:
    named = {Author.CUSTOMER: words["transcript_customer"], Author.BOT: words["transcript_assistant"]}
    who = line.author_name or named.get(line.author, service.texts.shop)
    at = line.at.astimezone(service.shop.timezone)
    said = [line.text] if line.text else []
    said += (f"[{words['transcript_file']}: {_file(one)}]" for one in files)
    return "\n".join([f"{who}, {at:%Y-%m-%d %H:%M %Z}", *said])


def _file(one: Attached) -> str:
    known = one.reference if one.kind in AT_HAND else ""
    return " ".join(filter(None, (one.name, known))) or one.kind
