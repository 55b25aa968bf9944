"""Files that are gone and that a repair could not bring back"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lost_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("lost_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_lost_files_file_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", name="pk_lost_files"),
    )
