"""Names change and pass on, posts and profiles disappear: what is saved stays, under the account it belongs to."""

from dataclasses import replace

from demo.accounts import Account, Post, User
from demo.behaviour import Behaviour
from demo.samples import sample_post, sample_user

OWNER = sample_user("harbour.light")


def account_of(*posts: Post, owner: User = OWNER, **behaviour) -> Account:
    return Account(owner, posts, behaviour=Behaviour(**behaviour))


def small(age_days: float, owner: User = OWNER, **changes) -> Post:
    return replace(sample_post(owner, age_days, width=160, height=200), **changes)


def test_a_renamed_profile_is_the_same_one_and_nothing_is_fetched_again(stage):
    on = stage(account_of(small(0), small(1)))
    on.visit()
    renamed = User(OWNER.pk, "harbour.lamp", "Harbour Lamp")
    on.replica.replace(account_of(small(0, renamed), small(1, renamed), owner=renamed))
    report = on.visit("harbour.lamp")
    assert (report.pk, report.images_new, report.page_loads) == (str(OWNER.pk), 0, 1)
    assert [profile.username for profile in on.library.posts.profiles()] == ["harbour.lamp"]
    assert {image.profile for image in on.images()} == {"harbour.lamp"}


def test_a_name_that_passed_to_another_account_stops_and_asks(stage):
    on = stage(account_of(small(0)))
    on.visit()
    on.replica.replace(account_of(owner=User(OWNER.pk, "gone.away")))
    squatter = User(7_700_000_000, OWNER.username, "Somebody Else")
    on.replica.replace(account_of(small(3, squatter), owner=squatter))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.page_loads) == ("owner_changed", 69, 1)
    assert "--accept-new-owner" in on.events[-1].message
    assert len(on.images()) == len(on.library.posts.profiles()) == 1
    accepted = on.visit(accept_new_owner=True)
    assert (accepted.images_new, accepted.pk) == (1, str(squatter.pk))
    assert on.visit().stop_reason == "caught_up"


def test_a_profile_that_turned_private_keeps_everything(stage):
    on = stage(account_of(small(0)))
    on.visit()
    on.replica.replace(replace(account_of(small(0)), is_private=True))
    assert on.visit().stop_reason == "private"
    assert on.library.posts.profile_named("harbour.light").is_private
    assert [image.path.exists() for image in on.images()] == [True]


def test_a_post_that_left_the_grid_is_marked_after_two_visits_and_its_file_stays(stage, catalog_value):
    on = stage(account_of(small(0), small(1), small(2)))
    on.visit()
    on.replica.replace(account_of(small(0), small(2)))
    marks = []
    for _ in range(2):
        assert on.visit().page_loads == 1
        marks.append(catalog_value("SELECT count(*) FROM posts WHERE gone_at IS NOT NULL"))
    assert marks == [0, 1]
    assert len(on.images()) == 3
    on.replica.replace(account_of(small(0), small(1), small(2)))
    on.visit()
    assert catalog_value("SELECT count(*) FROM posts WHERE gone_at IS NOT NULL") == 0


def test_a_post_whose_page_is_gone_is_left_alone_after_two_visits(stage):
    on = stage(account_of(small(0), small(1, is_gone=True)))
    assert [on.visit().page_loads for _ in range(3)] == [3, 2, 1]
