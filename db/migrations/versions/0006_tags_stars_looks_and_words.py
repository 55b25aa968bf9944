"""What people say of images and results (tags, stars, roles, exclusions), what images look like, and a search of words

The index of words (FTS5) holds the captions and alternative texts of every image. Triggers keep it true, whoever
writes: a later migration that copies `images`, `posts`, `slides` or `additions` drops them first and makes them anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# All captions and alternative texts of an image, one a line: it may stand in several posts.
_TEXTS = """
    CREATE VIEW texts_of_images AS
    SELECT images.id, images.file_id,
        (SELECT group_concat(said.caption, char(10)) FROM (
            SELECT posts.caption FROM slides JOIN posts ON posts.pk = slides.post_pk
            WHERE slides.file_id = images.file_id
            UNION SELECT additions.caption FROM additions WHERE additions.file_id = images.file_id
        ) AS said) AS caption,
        (SELECT group_concat(said.alt_text, char(10)) FROM (
            SELECT DISTINCT slides.alt_text FROM slides WHERE slides.file_id = images.file_id
        ) AS said) AS alt_text
    FROM images
"""
_INDEX = "CREATE VIRTUAL TABLE image_texts USING fts5(caption, alt_text, tokenize='unicode61 remove_diacritics 2')"
# When which files are to be read again: those of the row before and after.
_TRIGGERS = {
    "images_insert": ("INSERT ON images", "NEW.file_id"),
    "additions_insert": ("INSERT ON additions", "NEW.file_id"),
    "additions_update": ("UPDATE OF caption ON additions", "NEW.file_id"),
    "additions_delete": ("DELETE ON additions", "OLD.file_id"),
    "slides_insert": ("INSERT ON slides", "NEW.file_id"),
    "slides_update": ("UPDATE OF file_id, alt_text ON slides", "OLD.file_id, NEW.file_id"),
    "slides_delete": ("DELETE ON slides", "OLD.file_id"),
    "posts_update": (
        "UPDATE OF caption ON posts WHEN OLD.caption IS NOT NEW.caption",
        "SELECT file_id FROM slides WHERE post_pk = NEW.pk"),
}


def upgrade() -> None:
    for name, kind in (("role", sa.String()), ("starred_at", sa.DateTime()), ("excluded_at", sa.DateTime())):
        op.add_column("images", sa.Column(name, kind, nullable=True))
    op.add_column("results", sa.Column("starred_at", sa.DateTime(), nullable=True))
    _make_tags("image")
    _make_tags("result")
    op.create_table(
        "looks",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("sharpness", sa.Double(), nullable=False),
        sa.Column("brightness", sa.Double(), nullable=False),
        sa.Column("is_grey", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_looks_image_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", name="pk_looks"),
    )
    _make_words()


def _make_tags(of: str) -> None:
    op.create_table(
        f"{of}_tags",
        sa.Column(f"{of}_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}s.id"], name=f"fk_{of}_tags_{of}_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(f"{of}_id", "tag", name=f"pk_{of}_tags"),
    )
    op.create_index(f"ix_{of}_tags_tag", f"{of}_tags", ["tag"])


def _make_words() -> None:
    op.execute(_TEXTS)
    op.execute(_INDEX)
    read = (
        "INSERT INTO image_texts (rowid, caption, alt_text) SELECT id, caption, alt_text FROM texts_of_images "
        "WHERE (caption IS NOT NULL OR alt_text IS NOT NULL)")
    op.execute(read)
    for name, (when, files) in _TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER texts_{name} AFTER {when} BEGIN "
            f"DELETE FROM image_texts WHERE rowid IN (SELECT id FROM images WHERE file_id IN ({files})); "
            f"{read} AND file_id IN ({files}); END")
    op.execute("CREATE TRIGGER texts_images_delete AFTER DELETE ON images BEGIN "
               "DELETE FROM image_texts WHERE rowid = OLD.id; END")
