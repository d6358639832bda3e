"""Empty databases of a run's own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """The URL of an empty database of our own, gone afterwards; `kind` is sqlite or postgresql."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="kills-db-") as folder:
            yield f"sqlite:///{folder}/aftercare.db"
        return
    server = os.environ.get("TEST_DATABASE_URL") or POSTGRES
    name = f"kills_{uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        url = make_url(server).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        admin.dispose()
