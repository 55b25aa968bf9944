"""What can go wrong between a profile's name and its files.

ScrapeError                    exit code   trying again helps
 +- BadTarget             2    no          not a name or link this tool visits; no request was made
 +- BadSetting            2    no          a base address or a delay that is not allowed
 +- ProfileNotFound      69    no          the site says that there is no such page
 +- PostUnavailable      69    no          a single post that visitors do not get
 +- ProfilePrivate       69    no          only its followers see its posts
 +- OwnerChanged         69    if told to  the name belongs to another account than before
 +- Refused              75    later       the site has answered, and not with what was asked for
 |   +- LoginWall        75    later       the login page, or a challenge, instead of the page asked for
 |   +- Throttled        75    later       a shell without data, or a refusal in so many words
 +- CoolingDown          75    later       the site refused not long ago; no request was made
 +- BudgetSpent          75    later       as many pages as an hour may have
 +- NetworkFailed        75    later       offline, timed out, the site answered with an error
 +- BrowserFailed        75    later       Chromium died, or took too long to start
 +- PageChanged          76    no          data is there, and none of it is understood any more
 |   +- PartlyChanged     3    no          some of it is not; what was understood is taken
 +- BrowserMissing       78    no          no Chromium on this machine; the message says what to do
 +- BrowserUnusable      78    no          what was found for a Chromium does not start
 +- ProxyUnusable        78    no          the environment names a proxy that is none, or of a kind not supported

DownloadRefused           3                one image, never the run:
 +- AddressRefused        3    no          not an address that images may be taken from
 +- SignatureRefused      3    fresh page  the signed address has expired or does not match
 +- Withheld              3    no          its server asks machines to leave it alone (X-Robots-Tag)
 +- FileRefused           3    maybe       missing, too large, too slow, cut short, or not an image's answer
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from db.exit_codes import ExitCode
from db.politeness import NO_ANSWER, Answer
from scraper.posts import Subject


class ScrapeError(Exception):
    """Base of all that ends a visit; `exit_code` is what the command line ends with."""

    exit_code = ExitCode.BUG


class BadTarget(ScrapeError):
    """Not a profile name or a link that this tool visits."""

    exit_code = ExitCode.USAGE


class BadSetting(ScrapeError):
    """A base address or a page delay outside what is allowed."""

    exit_code = ExitCode.USAGE


class ProfileNotFound(ScrapeError):
    """The site answers that the page does not exist (or hides it from visitors)."""

    exit_code = ExitCode.NOT_THERE


class PostUnavailable(ScrapeError):
    """The post that was asked for is gone, or not shown to visitors."""

    exit_code = ExitCode.NOT_THERE


class ProfilePrivate(ScrapeError):
    """The profile exists and shows its posts to followers only."""

    exit_code = ExitCode.NOT_THERE


class OwnerChanged(ScrapeError):
    """Another account has taken a known profile's name: the user decides whether it is meant."""

    exit_code = ExitCode.NOT_THERE


class Refused(ScrapeError):
    """The site does not show what was asked for, and `answer` is how that looked."""

    exit_code = ExitCode.TRY_LATER

    def __init__(self, message: str, answer: Answer = NO_ANSWER) -> None:
        super().__init__(message)
        self.answer = answer


class LoginWall(Refused):
    """The site wants a sign-in. That is an answer: the visit ends here."""


class Throttled(Refused):
    """The site holds its data back for now."""


class NotYet(ScrapeError):
    """No page may be asked for before `not_before`."""

    exit_code = ExitCode.TRY_LATER

    def __init__(self, message: str, not_before: datetime) -> None:
        super().__init__(message)
        self.not_before = not_before


class CoolingDown(NotYet):
    """The site refused not long ago and is left alone."""


class BudgetSpent(NotYet):
    """As many pages were asked for as an hour may have."""


class NetworkFailed(ScrapeError):
    """The page did not arrive."""

    exit_code = ExitCode.TRY_LATER


class BrowserFailed(ScrapeError):
    """Chromium went away, or did not start in time."""

    exit_code = ExitCode.TRY_LATER


class PageChanged(ScrapeError):
    """The page carries data that this version no longer understands: `documents`, about `subject`."""

    exit_code = ExitCode.NOT_UNDERSTOOD

    def __init__(self, message: str, subject: Subject, documents: Sequence[Any]) -> None:
        super().__init__(message)
        self.subject = subject
        self.documents = documents


class PartlyChanged(PageChanged):
    """The page, or an answer to its scrolling, carries data of which some is not understood."""

    exit_code = ExitCode.SOME_FAILED


class BrowserMissing(ScrapeError):
    """No Chromium could be found; the message carries the remedy."""

    exit_code = ExitCode.CONFIGURATION


class BrowserUnusable(ScrapeError):
    """What was found for a Chromium does not start: it is none, or lacks something of the system."""

    exit_code = ExitCode.CONFIGURATION


class ProxyUnusable(ScrapeError):
    """The proxy that the environment names cannot be used; no request was made."""

    exit_code = ExitCode.CONFIGURATION


class DownloadRefused(ScrapeError):
    """One image was not taken. The message is one line for people."""

    exit_code = ExitCode.SOME_FAILED


class AddressRefused(DownloadRefused):
    """The address, or one it redirects to, is outside the image hosts."""


class SignatureRefused(DownloadRefused):
    """The signed address is no longer, or not, valid: its page has to be read again."""


class FileRefused(DownloadRefused):
    """What arrived under the address cannot be a whole image."""


class FormRefused(FileRefused):
    """This form of the picture is not to be had, or is none; another form of it may be."""


class Withheld(DownloadRefused):
    """The image's server asks machines to leave it alone, in an X-Robots-Tag."""
