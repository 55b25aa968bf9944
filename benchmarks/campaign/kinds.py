"""Every kind of trouble by its name, in the order in which a campaign goes through them and its table tells of them."""

from benchmarks.campaign import calls
from benchmarks.campaign.clocks import jumps
from benchmarks.campaign.kills import kills
from benchmarks.campaign.pauses import pauses
from benchmarks.campaign.together import together
from benchmarks.campaign.trials import Kind
from benchmarks.hostile import kinds as hostile

KINDS: dict[str, Kind] = {
    "a hostile image": hostile.images,
    "a hostile page": hostile.pages,
    "kill -9 at a random moment": kills,
    "kill -9 before a call": calls.killed,
    "a call fails": calls.fails,
    "a full disk from a call on": calls.full,
    "a read fails": calls.unreadable,
    "SIGSTOP for a minute": pauses,
    "a jump of the clock": jumps,
    "started at the same instant": together,
}
