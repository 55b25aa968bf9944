"""The address that an image of the user's own came from, where the set that it was part of tells"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("additions", sa.Column("source_url", sa.String(), nullable=True))
