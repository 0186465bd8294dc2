"""Batches in an order that is a pure function of seed and epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.utils.data import DataLoader, Sampler, TensorDataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from archspec.runtime.mnist import Examples


class ShuffledBatches(Sampler[list[int]]):
    """The indices of each batch of an epoch. Lightning calls `set_epoch` before each epoch.

    Nothing is remembered from one epoch to the next, so a later epoch has the same order whether or not the earlier
    ones ran in this process.
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        """Shuffle `count` examples into batches; a last one that is not full is left out."""
        self._count = count
        self._batch_size = min(batch_size, count)
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, which numbers from 0."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count // self._batch_size

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(mix(self._seed, self._epoch))
        order = torch.randperm(self._count, generator=generator)
        batches = order[: len(self) * self._batch_size].reshape(-1, self._batch_size)
        return iter(batches.tolist())


class OrderedBatches(Sampler[list[int]]):
    """All examples in their order, the last batch being smaller."""

    def __init__(self, count: int, batch_size: int) -> None:
        """Cut `count` examples into batches."""
        self._count = count
        self._batch_size = batch_size

    def __len__(self) -> int:
        return math.ceil(self._count / self._batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        starts = range(0, self._count, self._batch_size)
        return (list(range(start, min(start + self._batch_size, self._count))) for start in starts)


def loader(examples: Examples, batches: Sampler[list[int]]) -> DataLoader[tuple[Tensor, ...]]:
    """Return batches of images, uint8 (N, C, H, W), and labels, int64 (N).

    The examples are in memory: one indexing per batch is faster than any worker process.
    """
    dataset = TensorDataset(torch.tensor(examples.images), torch.tensor(examples.labels, dtype=torch.int64))
    return DataLoader(dataset, sampler=batches, batch_size=None)


def mix(seed: int, position: int) -> int:
    """Return a seed of its own for each epoch or step, so that nearby seeds share no sequence."""
    return (seed * 0x9E3779B97F4A7C15 + position * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) % 2**63
