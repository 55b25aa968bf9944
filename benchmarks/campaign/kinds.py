"""Every kind of trouble by its name, in the order in which a campaign goes through them and its table tells of them."""

from benchmarks.campaign.kills import kills
from benchmarks.campaign.trials import Kind
from benchmarks.hostile import kinds as hostile

KINDS: dict[str, Kind] = {
    "a hostile image": hostile.images,
    "a hostile page": hostile.pages,
    "kill -9 at a random moment": kills,
}
