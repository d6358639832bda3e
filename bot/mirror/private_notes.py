"""What people at another desk read of a conversation beside the customer's own words: private notes."""

from collections.abc import Mapping, Sequence

from channels.contract import AT_HAND, AttachmentKind
from store.conversations.attachments import Attached
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.handoffs.handoffs import Request
from store.vocabulary import AttachmentState

MAX_LINES = 60  # of what was said before
MAX_LINE = 1000  # characters of each
KINDS = {
    AttachmentKind.IMAGE: "picture",
    AttachmentKind.LOCATION: "location",
    AttachmentKind.CONTACT: "contact",
    AttachmentKind.LINK: "link",
}

Words = Mapping[str, str]


def briefing(
    words: Words,
    conversation: Conversation,
    request: Request,
    before: Sequence[Entry],
    files: Sequence[Attached],
    *,
    cut: bool,
) -> str:
    """Why a person is asked for, and what was said `before`, with the files of it; `cut`: there was more."""
    proven = words["proven" if conversation.proven_contact else "not_proven"]
    channel = words.get(f"channel_{conversation.channel}", conversation.channel)
    facts = [
        f"{words['summary']}: {_plain(request.summary)}",
        f"{words['channel']}: {channel} · {words['language']}: {conversation.language}"
        f" · {words['identity']}: {proven}",
    ]
    if not before:
        return "\n\n".join(facts)
    told = ["…"] if cut else []
    for entry in before:
        told.append(said(words, entry)[:MAX_LINE])
        told += [attached(words, one) for one in files if one.seq == entry.seq]
    return "\n\n".join([*facts, f"{words['mirror_earlier']}:", *told])


def said(words: Words, entry: Entry) -> str:
    """A message with who said it."""
    who = entry.author_name or words.get(f"author_{entry.author}", entry.author)
    offered = " · ".join(one["title"] for one in entry.buttons)
    return f"{who}: {_plain(entry.text)}" + (f"\n[{offered}]" if offered else "")


def attached(words: Words, one: Attached, *, lost: bool = False) -> str:
    """An attachment in words; `lost`: it was kept, and isn't there any more."""
    kind = words[KINDS.get(AttachmentKind(one.kind), "file")]
    if one.kind in AT_HAND:
        return f"[{kind}: {_plain(one.reference)}]"
    shown = AttachmentState.FAILED if lost else one.state
    state = "" if shown == AttachmentState.STORED else f", {words[f'attachment_{shown}']}"
    return f"[{kind}: {_plain(one.name or one.media_type)}{state}]"


def _plain(text: str) -> str:
    # In a note Chatwoot would call people by such links, and fill in such placeholders, whoever wrote them.
    for sign, harmless in (("mention://", "mention: //"), ("{{", "{ {"), ("{%", "{ %")):
        text = text.replace(sign, harmless)
    return text
