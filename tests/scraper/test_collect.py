"""What is recorded of a post whose page tells less than was announced."""

from db.posts import GIVE_UP_AFTER
from db.records import ProfileRecord, Role
from scraper.collect import Collector, Task, Tools
from scraper.events import ImageFailed
from scraper.posts import Post, Profile, Slide
from scraper.visit_counts import VisitCounts

PK, CODE = "3967056427071045743", "DcN0M1TgABv"


def post(*are_videos: bool, announced: int | None = None) -> Post:
    slides = tuple(Slide(index, f"{index}", is_video) for index, is_video in enumerate(are_videos))
    return Post(PK, CODE, "carousel", slides, slides_expected=announced, owner_pk="5")


def test_announced_slides_that_the_page_does_not_list_fail_a_bounded_number_of_times(library):
    library.posts.save_profile(ProfileRecord("5", "harbour.light", Role.CONTENT))
    events = []
    tools = Tools(library, None, None, None, None, events.append)
    collector = Collector(Profile("5", "harbour.light"), tools, VisitCounts())
    seen = Task(PK, CODE, post(announced=4))
    for task, page in [(seen, post(True, True)), (Task(PK, CODE), post(True, True, announced=3))]:
        events.clear()
        collector.save(task, page)
        assert [(type(event), event.slide) for event in events] == [(ImageFailed, 2), (ImageFailed, 3)]
        state = library.posts.states([PK])[PK]
        assert (state.slides_expected, state.complete) == (4, False)
    # A page that lists less than the last one did changes nothing of what is known.
    collector.save(seen, post(True))
    assert library.posts.counts()["slides_video"] == 2
    for _ in range(3, GIVE_UP_AFTER):
        collector.save(seen, post(True, True))
    assert library.posts.states([PK])[PK].complete
