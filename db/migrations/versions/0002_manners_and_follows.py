"""Page loads and cool-downs shared by all runs; posts of others, posts gone, larger files; follows and forgotten"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _extend_posts_and_slides()
    _make_tables_of_visits()
    _make_tables_of_wishes()


def _extend_posts_and_slides() -> None:
    op.add_column("posts", sa.Column("times_missing", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("posts", sa.Column("gone_at", sa.DateTime(), nullable=True))
    op.add_column("slides", sa.Column("is_video", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("slides", sa.Column("is_preview", sa.Boolean(), nullable=False, server_default="0"))
    op.execute("UPDATE slides SET is_video = 1 WHERE status = 'video'")
    op.create_table(
        "former_files",
        sa.Column("post_pk", sa.String(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_former_files_file_id"),
        sa.ForeignKeyConstraint(
            ["post_pk", "index"], ["slides.post_pk", "slides.index"], name="fk_former_files_post_pk_index"
        ),
        sa.PrimaryKeyConstraint("post_pk", "index", "file_id", name="pk_former_files"),
    )
    op.create_index("ix_former_files_file_id", "former_files", ["file_id"])


def _make_tables_of_visits() -> None:
    op.create_table(
        "foreign_posts",
        sa.Column("profile_pk", sa.String(), nullable=False),
        sa.Column("post_pk", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["profile_pk"], ["profiles.pk"], name="fk_foreign_posts_profile_pk"),
        sa.PrimaryKeyConstraint("profile_pk", "post_pk", name="pk_foreign_posts"),
    )
    op.create_table(
        "page_loads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page_loads"),
    )
    op.create_index("ix_page_loads_site_at", "page_loads", ["site", "at"])
    op.create_table(
        "cool_downs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cool_downs"),
    )
    op.create_index("ix_cool_downs_site", "cool_downs", ["site"])


def _make_tables_of_wishes() -> None:
    op.create_table(
        "follows",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("profile_pk", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("limit", sa.Integer(), nullable=True),
        sa.Column("followed_at", sa.DateTime(), nullable=False),
        sa.Column("last_visit_at", sa.DateTime(), nullable=True),
        sa.Column("last_outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("username", name="pk_follows"),
    )
    op.create_index("ix_follows_profile_pk", "follows", ["profile_pk"])
    op.create_table(
        "forgotten",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pk", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "pk", name="pk_forgotten"),
    )
