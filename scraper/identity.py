"""Who a name belongs to: a profile is its pk, and its name may change or pass to somebody else."""

from db.library import Library
from db.records import ProfileRecord, Role
from scraper.errors import OwnerChanged
from scraper.posts import Profile


def check_owner(library: Library, profile: Profile) -> None:
    """Raise OwnerChanged when the catalog knows another account under the profile's name."""
    known = library.posts.profile_named(profile.username)
    if known is not None and known.pk != profile.pk and not is_known(library, profile):
        raise OwnerChanged(
            f"the name {profile.username} belongs to another account than before (id {profile.pk}, was {known.pk}); "
            "--accept-new-owner collects the new one beside the old one's images"
        )


def remember(library: Library, profile: Profile, role: Role | None) -> None:
    """Record the profile as it is now: a new name is a rename. `role` None keeps a known profile's role."""
    known = library.posts.profile(profile.pk)
    full_name = profile.full_name or (known.full_name if known else "")
    kept = role or (known.role if known else Role.CONTENT)
    library.posts.save_profile(
        ProfileRecord(profile.pk, profile.username, kept, full_name, profile.is_private)
    )


def is_known(library: Library, profile: Profile) -> bool:
    """Whether the catalog has the account, under whichever name."""
    return library.posts.profile(profile.pk) is not None
