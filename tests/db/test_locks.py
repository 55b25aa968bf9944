"""Whether somebody holds a lock, asked by one who does not want it."""

from pathlib import Path

from db.locks import is_held, locked


def test_a_lock_is_held_while_its_holder_works_and_asking_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "scrape.lock"
    assert not is_held(path)
    assert not path.exists()
    with locked(path, "busy"):
        assert is_held(path)
        path.chmod(0o444)
        assert is_held(path)
    assert not is_held(path)
