"""Numbers of their own for images: so far an image had that of its file, and the files of results took theirs between

Every number that an image has so far stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Former files and what results were made from, too: they were images once.
_IMAGES = """
    SELECT file_id FROM slides WHERE file_id IS NOT NULL
    UNION SELECT file_id FROM former_files
    UNION SELECT file_id FROM additions
    UNION SELECT content_id FROM results
    UNION SELECT style_id FROM results
"""


def upgrade() -> None:
    op.create_table(
        "images",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_images_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_images"),
        sa.UniqueConstraint("file_id", name="uq_images_file_id"),
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO images (id, file_id) SELECT file_id, file_id FROM ({_IMAGES}) ORDER BY file_id")
