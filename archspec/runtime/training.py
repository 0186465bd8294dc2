"""Training a network by a recipe."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_model

from archspec.diagnostics.catalog.runtime import (
    ExtraMissing,
    HoldoutTooLarge,
    InputDoesNotFitData,
    OutputDoesNotFitData,
)
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.batches import OrderedBatches, ShuffledBatches, loader
from archspec.runtime.mnist import CLASSES, Examples, Mnist, load_mnist
from archspec.runtime.preprocess import Preprocess
from archspec.source.atomic import claim, write_files

try:
    import pytorch_lightning as lightning
except ModuleNotFoundError as _error:
    raise ProblemError(ExtraMissing(library="pytorch-lightning", extra="train")) from _error

from rich.console import Console

from archspec.runtime.callbacks import RESULT_FILE, Bar, Keeper
from archspec.runtime.classifier import Classifier

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from torch import nn

    from archspec.runtime.recipe import Recipe

_EVALUATION_BATCH_SIZE = 1000
_VERSIONS_OF = ("archspec", "numpy", "pytorch-lightning", "torch")


@dataclass(frozen=True)
class TrainingResult:
    """What a training came to. Accuracies are shares of the examples.

    Attributes:
        test_accuracy: of the kept weights, on the test examples.
        test_correct: how many of them were right.
        test_examples: how many there are.
        validation_accuracy: of the kept weights, on the held-out training examples.
        best_epoch: the epoch, from 1, whose weights were kept.
        epochs: how many were run.
    """

    test_accuracy: float
    test_correct: int
    test_examples: int
    validation_accuracy: float
    best_epoch: int
    epochs: int


def train(
    network: nn.Module,
    recipe: Recipe,
    out: Path,
    *,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    preprocess: Preprocess | None = None,
    progress: bool = True,
) -> TrainingResult:
    """Train a classifier and write `weights.safetensors`, `curves.csv` and `result.json` into `out`.

    The weights are those of the epoch with the best validation accuracy; `network` has them at the end, on the CPU.
    They are written as soon as an epoch is the best so far, so an interrupted run leaves the best that it had. With
    the same network (its weights included), recipe, machine and versions, the result is the same.

    Args:
        network: (N, C, H, W) to logits (N, classes).
        recipe: how to train.
        out: a folder; it is made if need be.
        inputs: the network's input shapes by name, for a better message where they do not fit the data.
        preprocess: what the network expects of its input; None: pixels in 0..1.
        progress: whether to show progress, if stderr is a terminal.

    Raises:
        ProblemError: the data is missing or damaged, the network does not fit it, or the loss is not finite.
        OSError: `out` cannot be written to.
        FolderBusyError: another process writes to it.
        KeyboardInterrupt: on Ctrl-C.
    """
    with claim(out):
        mnist = load_mnist(recipe.data.root)
        _check_inputs(recipe.data.kind, mnist.shape, inputs)
        _check_network(network, recipe.data.kind, mnist.shape)
        classifier = Classifier(network, recipe, _fitting(preprocess, recipe, mnist), channels=mnist.shape[0])
        keeper = Keeper(out)
        with _quiet_lightning(), _interruptible(), _seeded(recipe.seed):
            _fit(
                classifier, mnist, recipe, keeper, _trainer(recipe, out, keeper, show=progress and sys.stderr.isatty())
            )
        network.to("cpu")
        result = _result(classifier, keeper)
        write_files({out / RESULT_FILE: _document(result, recipe).encode()})
    return result


def _fit(classifier: Classifier, mnist: Mnist, recipe: Recipe, keeper: Keeper, trainer: lightning.Trainer) -> None:
    """Train, put the best weights back, and test them."""
    fitted, held_out = _split(mnist, recipe)
    batches = ShuffledBatches(len(fitted), recipe.batch_size, recipe.seed)
    trainer.fit(classifier, loader(fitted, batches), _evaluation_loader(held_out))
    load_model(classifier.network, str(keeper.weights))
    trainer.test(classifier, _evaluation_loader(mnist.test), verbose=False)


def _check_inputs(kind: str, shape: tuple[int, ...], inputs: Mapping[str, tuple[int, ...]] | None) -> None:
    if inputs is None or list(inputs.values()) == [shape]:
        return
    found = ", ".join(f"{name} {'x'.join(map(str, size))}" for name, size in inputs.items())
    raise ProblemError(InputDoesNotFitData(kind=kind, data=shape, found=f"the network takes {found}"))


def _check_network(network: nn.Module, kind: str, shape: tuple[int, ...]) -> None:
    """Try the network on two black images; evaluation mode, so that no statistics are touched."""
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            output = network(torch.zeros(2, *shape))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        found = f"the network fails on them: {str(error).splitlines()[0]}"
        raise ProblemError(InputDoesNotFitData(kind=kind, data=shape, found=found)) from error
    finally:
        network.train(was_training)
    if not isinstance(output, torch.Tensor):
        found = f"the network returns a {type(output).__name__} of several tensors"
    elif output.shape != (2, CLASSES):
        found = f"the network's output is {'x'.join(['N', *map(str, output.shape[1:])])}"
    else:
        return
    raise ProblemError(OutputDoesNotFitData(kind=kind, classes=CLASSES, found=found))


def _fitting(preprocess: Preprocess | None, recipe: Recipe, mnist: Mnist) -> Preprocess:
    if preprocess is not None and not preprocess.fits(mnist.shape[0]):
        found = "the spec's preprocess has a mean or std for another number of channels"
        raise ProblemError(InputDoesNotFitData(kind=recipe.data.kind, data=mnist.shape, found=found))
    return preprocess or Preprocess.model_validate({})


def _split(mnist: Mnist, recipe: Recipe) -> tuple[Examples, Examples]:
    """Return the training examples to fit on, and those held out."""
    count, holdout = len(mnist.train), recipe.data.holdout
    if holdout >= count:
        raise ProblemError(HoldoutTooLarge(holdout=holdout, examples=count))
    order = np.random.default_rng(recipe.seed).permutation(count)
    return mnist.train.take(np.sort(order[holdout:])), mnist.train.take(np.sort(order[:holdout]))


def _trainer(recipe: Recipe, out: Path, keeper: Keeper, *, show: bool) -> lightning.Trainer:
    callbacks: list[lightning.Callback] = [keeper]
    if show:
        callbacks.append(Bar(keeper, Console(stderr=True)))
    return lightning.Trainer(
        accelerator=recipe.accelerator,
        devices=1,
        precision=recipe.precision,
        max_epochs=recipe.epochs,
        callbacks=callbacks,
        default_root_dir=out,
        # The keeper does what these three do, without their files and in our formats.
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )


def _evaluation_loader(examples: Examples) -> torch.utils.data.DataLoader[tuple[torch.Tensor, ...]]:
    return loader(examples, OrderedBatches(len(examples), _EVALUATION_BATCH_SIZE))


@contextmanager
def _quiet_lightning() -> Generator[None, None, None]:
    """Keep Lightning's remarks (devices found, tips, worker counts) from the terminal."""
    log = logging.getLogger("pytorch_lightning")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pytorch_lightning")
            warnings.filterwarnings("ignore", module="lightning_fabric")
            yield
    finally:
        log.setLevel(level)


@contextmanager
def _interruptible() -> Generator[None, None, None]:
    """Let Ctrl-C come through: Lightning makes an exit of it, with code 1, and leaves the signal ignored."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, handler)


@contextmanager
def _seeded(seed: int) -> Generator[None, None, None]:
    """Seed what the network itself draws (dropout), use deterministic kernels, and put all back afterwards."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        # Some CUDA kernels have no deterministic form; those are used all the same.
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(mode=deterministic, warn_only=warn_only)


def _result(classifier: Classifier, keeper: Keeper) -> TrainingResult:
    tested, best = classifier.evaluation_tally, keeper.best
    if best is None:
        raise RuntimeError("the training ended without an epoch")
    return TrainingResult(
        test_accuracy=tested.accuracy,
        test_correct=tested.correct,
        test_examples=tested.count,
        validation_accuracy=best.validation_accuracy,
        best_epoch=best.epoch,
        epochs=len(keeper.epochs),
    )


def _document(result: TrainingResult, recipe: Recipe) -> str:
    """Return the result as JSON. The folder of the data is left out: it says nothing about the result."""
    settings: dict[str, Any] = recipe.model_dump(exclude={"data": {"root"}})
    document = {
        **asdict(result),
        "seed": recipe.seed,
        "recipe": settings,
        "versions": {name: version(name) for name in _VERSIONS_OF},
    }
    return json.dumps(document, indent=2) + "\n"
