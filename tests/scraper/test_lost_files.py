"""What a repair found to be lost is fetched by the next visit, although its post is known."""

from db.checking.check import Check, Scope
from db.repairing.repair import Repair
from demo.behaviour import Behaviour
from demo.samples import sample_account


def test_lost_and_damaged_images_of_a_known_profile_come_back_with_the_next_visit(stage):
    on = stage(sample_account("harbour.light", 3, Behaviour(), width=320, height=400))
    on.visit()
    before = on.images()
    lost, damaged = (image.path for image in before[:2])
    data = [lost.read_bytes(), damaged.read_bytes()]
    lost.unlink()
    damaged.write_bytes(b"x" * 100)
    repair = Repair(on.library.root, Scope(), lambda *_: None)
    assert len(list(repair.mended())) == 2
    assert len(on.images()) == 1
    report = on.visit()
    assert (report.images_new, on.replica.count("post"), on.replica.count("image")) == (2, 2, 2)
    assert [path.read_bytes() for path in (lost, damaged)] == data
    assert [(image.id, image.path) for image in on.images()] == [(image.id, image.path) for image in before]
    assert list(Check(on.library.root, Scope(), lambda *_: None).findings()) == []
