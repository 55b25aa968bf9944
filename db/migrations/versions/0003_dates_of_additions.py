"""Dates and captions that an archive tells of its pictures"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("additions", sa.Column("taken_at", sa.DateTime(), nullable=True))
    op.add_column("additions", sa.Column("caption", sa.String(), nullable=True))
