"""The first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.UniqueConstraint("path", name="uq_files_path"),
        sa.UniqueConstraint("sha256", name="uq_files_sha256"),
    )
    op.create_table(
        "posts",
        sa.Column("pk", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("owner_pk", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("caption", sa.String(), nullable=True),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_posts"),
    )
    op.create_index("ix_posts_code", "posts", ["code"])
    op.create_table(
        "profiles",
        sa.Column("pk", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_visit_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_profiles"),
    )
    op.create_index("ix_profiles_username", "profiles", ["username"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_table(
        "additions",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_additions_file_id"),
        sa.PrimaryKeyConstraint("file_id", "origin", name="pk_additions"),
    )
    op.create_table(
        "profile_posts",
        sa.Column("profile_pk", sa.String(), nullable=False),
        sa.Column("post_pk", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post_pk"], ["posts.pk"], name="fk_profile_posts_post_pk"),
        sa.ForeignKeyConstraint(["profile_pk"], ["profiles.pk"], name="fk_profile_posts_profile_pk"),
        sa.PrimaryKeyConstraint("profile_pk", "post_pk", name="pk_profile_posts"),
    )
    op.create_index("ix_profile_posts_post_pk", "profile_posts", ["post_pk"])
    op.create_table(
        "results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("style_id", sa.Integer(), nullable=False),
        sa.Column("recipe_hash", sa.String(), nullable=False),
        sa.Column("recipe", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("content_loss", sa.Double(), nullable=True),
        sa.Column("style_loss", sa.Double(), nullable=True),
        sa.Column("total_loss", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["files.id"], name="fk_results_content_id"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_results_file_id"),
        sa.ForeignKeyConstraint(["style_id"], ["files.id"], name="fk_results_style_id"),
        sa.PrimaryKeyConstraint("id", name="pk_results"),
        sa.UniqueConstraint("content_id", "style_id", "recipe_hash", name="uq_results_content_id_style_id_recipe_hash"),
    )
    op.create_index("ix_results_style_id", "results", ["style_id"])
    op.create_table(
        "slides",
        sa.Column("post_pk", sa.String(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("pk", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("alt_text", sa.String(), nullable=True),
        sa.Column("original_width", sa.Integer(), nullable=True),
        sa.Column("original_height", sa.Integer(), nullable=True),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("is_full_size", sa.Boolean(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_slides_file_id"),
        sa.ForeignKeyConstraint(["post_pk"], ["posts.pk"], name="fk_slides_post_pk"),
        sa.PrimaryKeyConstraint("post_pk", "index", name="pk_slides"),
    )
    op.create_index("ix_slides_file_id", "slides", ["file_id"])
