"""Every job is settled once, whoever dies whenever."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Image, Role
from stylizer.engines.protocol import Batch, Job, Made, shared_out
from stylizer.engines.scheduler import AHEAD, MOST_DEATHS, MOST_PASSED_OVER, Scheduler
from stylizer.pairs import batches, pairs


def image(name: str) -> Image:
    return Image(1, name, Path(name), Role.BOTH, 8, 8)


def jobs_of(contents: str, styles: str) -> list[Job]:
    return [
        Job(number, image(content), image(style), 0)
        for number, (content, style) in enumerate(pairs(contents, styles))
    ]


def made(job: Job) -> Made:
    return Made(job.number, b"", None, {}, 0.0)


@given(st.integers(1, 3), st.integers(1, 4), st.lists(st.integers(0, 9), max_size=60))
def test_no_job_is_lost_or_settled_twice(most: int, workers: int, fates: list[int]) -> None:
    jobs = jobs_of("abc", "xyz")
    scheduler = Scheduler(batches(jobs, lambda job: job.content.sha256, most))
    settled: list[int] = []
    in_hand: dict[int, list[Job]] = {}
    turns = iter(fates)
    while not scheduler.is_complete:
        for worker in range(workers):
            if not in_hand.get(worker):
                in_hand[worker] = list(scheduler.next_for(worker) or ())
            if not in_hand[worker]:
                continue
            if next(turns, 9) < 4:
                settled += [job.number for job in scheduler.lost(worker)]
                in_hand[worker] = []
            else:
                job = in_hand[worker].pop(0)
                assert scheduler.complete(worker, made(job))
                assert not scheduler.complete(worker, made(job))
                settled.append(job.number)
    assert sorted(settled) == [job.number for job in jobs]


def test_a_job_that_kills_its_workers_is_given_up_and_the_others_of_its_batch_are_not() -> None:
    first, second = jobs_of("a", "xy")
    scheduler = Scheduler([(first, second)])
    assert scheduler.next_for(0) == (first, second)
    assert scheduler.lost(0) == []
    for death in range(1, MOST_DEATHS):
        assert scheduler.next_for(death) == (first,)
        assert scheduler.lost(death) == ([first] if death == MOST_DEATHS - 1 else [])
    assert scheduler.next_for(9) == (second,)


def test_a_worker_stays_with_the_contents_that_it_has_encoded() -> None:
    scheduler = Scheduler([(job,) for job in jobs_of("ab", "xyz")])

    def take(worker: int) -> str:
        batch: Batch | None = scheduler.next_for(worker)
        assert batch is not None
        assert scheduler.complete(worker, made(batch[0]))
        return batch[0].content.sha256

    assert [take(worker) for worker in (0, 1, 0, 1, 1, 0)] == ["a", "b", "a", "b", "b", "a"]


@pytest.mark.parametrize(("jobs", "workers", "most"), [
    (16, 2, 8), (20, 2, 10), (64, 2, 16), (3, 4, 1), (0, 2, 1), (5, 0, 5)])
def test_few_jobs_are_shared_out_evenly(jobs: int, workers: int, most: int) -> None:
    assert shared_out(16, jobs, workers) == most


def test_no_more_of_a_run_is_in_memory_than_is_wanted_soon() -> None:
    taken = 0

    def stream() -> Iterator[Batch]:
        nonlocal taken
        for number in range(5 * AHEAD):
            taken += 1
            yield (Job(number, image(f"{number}"), image("x"), 0),)

    scheduler = Scheduler(stream())
    for done in range(5 * AHEAD):
        batch = scheduler.next_for(done % 3)
        assert batch is not None
        assert scheduler.complete(done % 3, made(batch[0]))
        assert len(scheduler._open) <= AHEAD
        assert taken <= done + AHEAD + 1
    assert scheduler.is_complete
    assert scheduler._known.keys() <= {0, 1, 2}
    assert len(scheduler._knowing) <= 3


def test_what_comes_first_is_not_left_for_ever_for_contents_that_a_worker_knows() -> None:
    jobs = [Job(number, image("known"), image("x"), 0) for number in range(200)]
    first = Job(200, image("other"), image("x"), 0)
    scheduler = Scheduler([(jobs[0],), (first,), *((job,) for job in jobs[1:])])
    taken: list[int] = []
    while first.number not in taken:
        batch = scheduler.next_for("worker")
        assert batch is not None
        assert scheduler.complete("worker", made(batch[0]))
        taken.append(batch[0].number)
    assert len(taken) == MOST_PASSED_OVER + 2


def test_what_a_dead_worker_had_not_begun_is_no_death_of_its_own() -> None:
    first, second, third, fourth = jobs_of("ab", "xy")
    scheduler = Scheduler([(first, second), (third, fourth)])
    for death in range(MOST_DEATHS):
        while (batch := scheduler.next_for(death)) is not None and first not in batch:
            for job in batch:
                scheduler.complete(death, made(job))
        assert batch is not None
        scheduler.next_for(death)       # the next one, behind it
        given_up = scheduler.lost(death)
    assert given_up == [first]
    assert not scheduler._deaths[third.number]
    assert not scheduler._deaths[fourth.number]


def test_what_is_at_hand_comes_before_what_would_have_to_be_read() -> None:
    jobs = jobs_of("abab", "xy")
    scheduler = Scheduler([(job,) for job in jobs])
    first = scheduler.next_for(0, lambda content: content == "b")
    second = scheduler.next_for(1, lambda content: content == "b")
    third = scheduler.next_for(2, lambda content: content == "none")
    assert [batch[0].content.sha256 for batch in (first, second, third) if batch] == ["b", "b", "a"]
