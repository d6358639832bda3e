"""Photos and papers of a case: files that customers sent in a conversation."""

from sqlalchemy import Connection, select

from store.conversations import attachments
from store.conversations.attachments import Attached
from store.tables import case_files


def of_case(connection: Connection, case_id: int) -> list[Attached]:
    """In the order in which they were added."""
    ids = connection.execute(
        select(case_files.c.attachment_id).where(case_files.c.case_id == case_id).order_by(case_files.c.id)
    )
    return attachments.several(connection, list(ids.scalars()))
