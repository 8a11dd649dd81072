"""The catalogue's tables: which runs exist, whose they are, who waits, who may look.

It can be built anew from the folders of runs and data sets (see reindex.py); what only it knows is
people, shares, quotas and the order of the queue. Times are seconds since 1970. Every change here
needs a migration (migrations/versions), and tests/test_migrations.py holds that the two agree.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

person = Table(
    "person",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject", String(500), unique=True),  # issuer and subject of a login
    Column("label", String(80), nullable=False, server_default=""),
    Column("created", Float, nullable=False),
    Column("last_seen", Float, nullable=False),
    Column("last_started", Float, nullable=False, server_default="0"),
    Column("admin_until", Float, nullable=False, server_default="0"),
)

browser = Table(
    "browser",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", String(64), ForeignKey("person.id"), nullable=False),
    Column("until", Float, nullable=False),
    Column("login", Boolean, nullable=False),
)
"""Browsers that act for another person than their own: logged in, or come by a personal link."""

run = Table(
    "run",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("owner", String(64), ForeignKey("person.id"), nullable=False),
    Column("name", String(80), nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("tags", Text, nullable=False, server_default="[]"),  # JSON
    Column("dataset", String(40), nullable=False),
    Column("variant", String(40), nullable=False),
    Column("demo", Boolean, nullable=False, server_default="0"),
    Column("created", Float, nullable=False),
    # Where it stands. `state` is the closed set of aecore.runs.status.
    Column("state", String(12), nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("reason", String(20), nullable=False, server_default=""),
    Column("wish", String(10), nullable=False, server_default=""),  # asked of the supervisor
    Column("step", BigInteger, nullable=False, server_default="0"),
    Column("total_steps", BigInteger, nullable=False, server_default="0"),
    Column("score", Float),  # on the test split: PSNR in dB, R² of what is no image
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("deleted", Float),
    # The queue.
    Column("queued", Float, nullable=False, server_default="0"),
    Column("not_before", Float, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("saved_step", BigInteger, nullable=False, server_default="0"),
    Column("seconds", Float),  # how long training will take from here, where that was measured
    Column("memory", BigInteger, nullable=False, server_default="0"),
    Column("gpu_memory", BigInteger, nullable=False, server_default="0"),
    Column("threads", Integer, nullable=False, server_default="1"),
    # The worker.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("engine", String(10), nullable=False, server_default=""),
    Column("handle", Text, nullable=False, server_default=""),  # JSON
    Column("supervisor", String(40), nullable=False, server_default=""),
    Column("lease_until", Float, nullable=False, server_default="0"),
    Column("started", Float, nullable=False, server_default="0"),
    Column("used_seconds", Float, nullable=False, server_default="0"),
    Index("run_of_owner", "owner", "created"),
    Index("run_in_state", "state"),
)

share = Table(
    "share",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String(20), ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("token", String(64), nullable=False, unique=True),  # sha256, never the token itself
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("revoked", Float),
)

opened = Table(
    "opened",
    metadata,
    Column("share", Integer, ForeignKey("share.id", ondelete="CASCADE"), nullable=False),
    Column("person", String(64), ForeignKey("person.id"), nullable=False),
    UniqueConstraint("share", "person"),
)
"""Who came by which share link; whether it still holds is asked of the share each time."""

dataset = Table(
    "dataset",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("owner", String(64), ForeignKey("person.id"), nullable=False),
    Column("title", String(80), nullable=False),
    Column("kind", String(12), nullable=False),  # one of aecore.samples.Kind
    Column("count", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created", Float, nullable=False),
    Index("dataset_of_owner", "owner", "created"),
)
"""People's own data sets (see aecore/datasets/own.py)."""

dataset_share = Table(
    "dataset_share",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("dataset", String(20), ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False),
    Column("token", String(64), nullable=False, unique=True),  # as that of `share`
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("revoked", Float),
)

dataset_opened = Table(
    "dataset_opened",
    metadata,
    Column("share", Integer, ForeignKey("dataset_share.id", ondelete="CASCADE"), nullable=False),
    Column("person", String(64), ForeignKey("person.id"), nullable=False),
    UniqueConstraint("share", "person"),
)

setting = Table(
    "setting",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("person", String(64), nullable=False),
    Column("action", String(20), nullable=False),
    Column("run", String(20), nullable=False, server_default=""),
)
"""Who deleted, shared or stopped what, 180 days long; `run` may be the id of a data set."""
