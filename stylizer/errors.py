"""What can go wrong between two images and a stylised one.

StylizerError               exit code
 +- WeightsMissing    78    the network's weights are not installed; the message says what to do
 +- WeightsDamaged    78    a weights file that is not the published one
 +- WeightsUnfit      78    weights of another network, flavour or channel order than asked for
 +- DeviceMissing     78    torch does not see the device that was asked for
 +- PrecisionMissing  78    the device has no units for the precision that was asked for
 +- EngineMissing     78    a place to make pictures in that is not installed or not safe to use
 +- WorkersLost       75    the processes or machines that should make the pictures keep ending
 +- UnknownRecipe      2    no recipe of this name; the message offers the nearest
 +- BadRecipe          2    a value that no transfer can run with
 +- BadBlend           2    weights that do not fit the styles
 +- BadMask            2    a mask whose regions or shape do not fit
 +- NoProvenance       2    a picture that does not say how it was made, or says what cannot be
 +- ImageTooSmall      3    an image that is gone before the deepest layer (one pair, never the run)
 +- OutOfMemory        3    memory does not hold one pair, with everything that takes less tried
 +- ImageTooLarge      3    an image that would have more pixels than the store takes (one pair, never the run)
 +- Diverged           3    the loss left the finite numbers twice; carries its trace (one pair)
"""

from db.exit_codes import ExitCode


class StylizerError(Exception):
    """Base of all; `exit_code` is what the command line ends with when this ends a run."""

    exit_code = ExitCode.BUG


class WeightsMissing(StylizerError):
    """The distribution or the file that carries the weights is not there. The message holds the remedy."""

    exit_code = ExitCode.CONFIGURATION


class WeightsDamaged(StylizerError):
    """The weights file is not, byte for byte, the one that was published."""

    exit_code = ExitCode.CONFIGURATION


class WeightsUnfit(StylizerError):
    """The file is sound but holds another network, or its flavour or channels are not what they should be."""

    exit_code = ExitCode.CONFIGURATION


class DeviceMissing(StylizerError):
    """No such device on this machine, or this build of torch does not support it."""

    exit_code = ExitCode.CONFIGURATION


class PrecisionMissing(StylizerError):
    """The device has no units for this precision."""

    exit_code = ExitCode.CONFIGURATION


class EngineMissing(StylizerError):
    """What an engine needs is not installed or not set up. The message holds the remedy."""

    exit_code = ExitCode.CONFIGURATION


class WorkersLost(StylizerError):
    """No worker stays alive long enough to make anything."""

    exit_code = ExitCode.TRY_LATER


class UnknownRecipe(StylizerError):
    """No recipe of this name."""

    exit_code = ExitCode.USAGE


class BadRecipe(StylizerError):
    """A recipe with a value out of its range."""

    exit_code = ExitCode.USAGE


class BadBlend(StylizerError):
    """Weights that are none, or not as many as styles."""

    exit_code = ExitCode.USAGE


class BadMask(StylizerError):
    """A mask without regions, of another shape than its picture, or with a region that has no counterpart."""

    exit_code = ExitCode.USAGE


class NoProvenance(StylizerError):
    """A file that this program has not made, or that is damaged, or that says what no transfer can run with."""

    exit_code = ExitCode.USAGE


class ImageTooSmall(StylizerError):
    """Pooling leaves nothing of this image at the recipe's deepest layer."""

    exit_code = ExitCode.SOME_FAILED


class OutOfMemory(StylizerError):
    """Memory does not hold a pair, with fewer at once, a shorter history and smaller tiles tried."""

    exit_code = ExitCode.SOME_FAILED


class ImageTooLarge(StylizerError):
    """An image that would have more pixels at this size than a picture may have."""

    exit_code = ExitCode.SOME_FAILED


class Diverged(StylizerError):
    """The loss became infinite or no number, and did so again after the one restart.

    `trace` holds the loss of every evaluation up to the end.
    """

    exit_code = ExitCode.SOME_FAILED

    def __init__(self, message: str, trace: tuple[float, ...]) -> None:
        super().__init__(message)
        self.trace = trace
