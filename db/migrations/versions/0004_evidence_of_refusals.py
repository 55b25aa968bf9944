"""What a refusal looked like: its status, the address without its query, the route that the page named"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cool_downs", sa.Column("status", sa.Integer(), nullable=True))
    op.add_column("cool_downs", sa.Column("address", sa.String(), nullable=True))
    op.add_column("cool_downs", sa.Column("route", sa.String(), nullable=True))
