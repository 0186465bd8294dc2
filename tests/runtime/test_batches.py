from __future__ import annotations

import numpy as np

from archspec.runtime.batches import OrderedBatches, ShuffledBatches, loader, mix
from archspec.runtime.mnist import Examples


def epoch(batches: ShuffledBatches, number: int) -> list[list[int]]:
    batches.set_epoch(number)
    return list(batches)


def test_an_epoch_has_each_example_once_but_the_rest() -> None:
    batches = ShuffledBatches(10, 3, seed=0)

    indices = [index for batch in batches for index in batch]

    assert len(batches) == 3
    assert len(set(indices)) == len(indices) == 9


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    first, second = ShuffledBatches(50, 5, seed=3), ShuffledBatches(50, 5, seed=3)
    epoch(first, 0)

    assert epoch(first, 1) == epoch(second, 1)
    assert epoch(first, 0) != epoch(first, 1)
    assert epoch(ShuffledBatches(50, 5, seed=4), 0) != epoch(first, 0)


def test_a_batch_is_never_larger_than_the_data() -> None:
    assert [sorted(batch) for batch in ShuffledBatches(3, 128, seed=0)] == [[0, 1, 2]]


def test_ordered_batches_leave_nothing_out() -> None:
    batches = OrderedBatches(7, 3)

    assert list(batches) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(batches) == 3


def test_the_loader_gives_tensors() -> None:
    examples = Examples(np.arange(12, dtype=np.uint8).reshape(3, 1, 2, 2), np.array([5, 6, 7], np.uint8))

    (images, labels), (last, _) = loader(examples, OrderedBatches(3, 2))

    assert images.shape == (2, 1, 2, 2)
    assert labels.tolist() == [5, 6]
    assert last.flatten().tolist() == [8, 9, 10, 11]


def test_nearby_seeds_and_positions_do_not_collide() -> None:
    seeds = {mix(seed, position) for seed in range(50) for position in range(50)}

    assert len(seeds) == 2500
    assert all(0 <= seed < 2**63 for seed in seeds)
