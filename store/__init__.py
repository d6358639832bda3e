"""Everything that touches the database: tables, repositories, migrations and demonstration data.

This package is the only importer of SQLAlchemy. Repositories are modules of plain synchronous
functions that take a `Connection` inside an open transaction; `store.core.database.Database` opens
transactions and runs them in a thread, one hop a transaction.
"""
