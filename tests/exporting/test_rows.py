"""Which rows there are, and what they say of where their pictures are from."""

import json

from db.importing.add import add_images
from exporting.export import plan
from exporting.request import Request, Subject
from exporting.rows import BETWEEN, CONTENT_BETWEEN
from exporting.splits import drawn
from tests.exporting.conftest import Collection, noise

SPLIT = (50.0, 0.0, 50.0)


def test_a_result_whose_content_is_in_no_split_is_left_out_by_name(small: Collection) -> None:
    codes = [f"Code{number}AAAAAA" for number in range(40)]
    first = next(code for code in codes if drawn(code, SPLIT) == 0)
    second = next(code for code in codes if drawn(code, SPLIT) == 2)
    style = small.library.images.find()[0]
    ends = [small.post("harbour.light", code)[0] for code in (first, second)]
    (between,) = small.post("harbour.light", "DddddddddddD")
    result = small.result(between, style, 9)
    kept = small.result(ends[0], style, 10)
    hashes = {ends[0].id: 0, between.id: 0xFF, ends[1].id: 0xFFFF}     # eight bits from either
    for subject in (Subject.RESULTS, Subject.PAIRS):
        planned = plan(small.library, [], [result, kept], Request(subject=subject, split=SPLIT), hashes)
        assert [row.id for row in planned.rows] == [kept.id]
        assert planned.left_out == {result.id: CONTENT_BETWEEN}
    planned = plan(small.library, [between.id], [], Request(split=SPLIT), hashes)
    assert planned.left_out == {between.id: BETWEEN}


def test_a_permalink_is_a_posts_and_an_address_of_an_image_host_is_none(small: Collection) -> None:
    folder = small.folder / "others"
    folder.mkdir()
    addresses = ["https://scontent.cdninstagram.com/a.jpg?sig=1", "https://pictures.example/b.jpg"]
    lines = []
    for number, url in enumerate(addresses):
        (folder / f"{number}.jpg").write_bytes(noise(9000 + number))
        lines.append(json.dumps({"file_name": f"{number}.jpg", "url": url}))
    (folder / "metadata.jsonl").write_text("\n".join(lines))
    added = [addition.image_id for addition in add_images(small.library, [folder], None)]
    rows = plan(small.library, [1, *(number or 0 for number in added)], [], Request()).rows
    assert [row.values["permalink"] for row in rows] == ["https://www.instagram.com/p/AaaaaaaaaaA/", None, None]
    assert [row.values["source_url"] for row in rows] == [None, None, addresses[1]]
