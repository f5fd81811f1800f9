"""Handles every change exactly once, in Python. It needs psycopg 3: pip install "psycopg[binary]"

DATABASE_URL=postgres://… python3 examples/consume_changes.py          follows until Ctrl-C
DATABASE_URL=postgres://… python3 examples/consume_changes.py --once   handles the changes so far and ends
"""

import os
import sys
import time

import psycopg
from psycopg.rows import dict_row

CONSUMER = "python-example"
BATCH = 500
POLL_SECONDS = 5


def handle(connection, change):
    """Your logic. What you write with this connection counts exactly once."""
    print(change["seq"], change["op"], change["table_name"], change["id"], change["changed_fields"], flush=True)


def handle_batch(connection):
    """One transaction: the changes and the position, both or neither."""
    with connection.transaction():
        changes = connection.execute(
            "select * from kombo_sync.next_changes(%s, %s)", (CONSUMER, BATCH)
        ).fetchall()
        for change in changes:
            handle(connection, change)
        if changes:
            connection.execute("select kombo_sync.advance(%s, %s)", (CONSUMER, changes[-1]["seq"]))
    return len(changes)


def main():
    once = "--once" in sys.argv
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        while True:
            if handle_batch(connection) == 0:
                if once:
                    return
                time.sleep(POLL_SECONDS)


try:
    main()
except KeyboardInterrupt:
    pass
