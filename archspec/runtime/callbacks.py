"""What happens after each epoch of a training: curves, best weights, progress."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

import pytorch_lightning as lightning
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from safetensors.torch import save

from archspec.diagnostics.catalog.runtime import TrainingDiverged
from archspec.diagnostics.problem import ProblemError
from archspec.source.atomic import write_files

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from rich.console import Console
    from torch import nn
    from torch.optim import Optimizer

    from archspec.runtime.classifier import Classifier

WEIGHTS_FILE = "weights.safetensors"
CURVES_FILE = "curves.csv"
RESULT_FILE = "result.json"


@dataclass(frozen=True)
class Epoch:
    """One row of the curves. `epoch` numbers from 1; losses are means per example; accuracies are shares."""

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


class Keeper(lightning.Callback):
    """Writes the curves after every epoch, and the weights after every epoch that is the best so far.

    Attributes:
        epochs: what was measured, epoch by epoch.
        best: the epoch whose weights were kept.
        weights: the file that has them.
    """

    def __init__(self, out: Path) -> None:
        """Write into the folder `out`."""
        self.epochs: list[Epoch] = []
        self.best: Epoch | None = None
        self.weights = out / WEIGHTS_FILE
        self._out = out

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Record the epoch that was just validated.

        Raises:
            ProblemError: its loss is not finite.
            OSError: a file cannot be written.
        """
        classifier: Classifier = pl_module  # pyright: ignore[reportAssignmentType]  # used with nothing else
        epoch = _measure(trainer, classifier)
        if not math.isfinite(epoch.train_loss) or not math.isfinite(epoch.validation_loss):
            raise ProblemError(TrainingDiverged(epoch=epoch.epoch))
        if self.best is None or epoch.validation_accuracy > self.best.validation_accuracy:
            if self.best is None:
                # An earlier run's result would now stand beside weights that it does not describe.
                (self._out / RESULT_FILE).unlink(missing_ok=True)
            write_files({self.weights: _weights(classifier.network)})
            self.best = epoch
        self.epochs.append(epoch)
        write_files({self._out / CURVES_FILE: _csv(self.epochs).encode()})


class Bar(lightning.Callback):
    """Shows the progress on the terminal, on stderr."""

    def __init__(self, keeper: Keeper, console: Console) -> None:
        """Show the steps, and what `keeper` has measured; it must be called before this."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._keeper = keeper
        self._task = TaskID(0)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Draw the bar."""
        del pl_module
        self._progress.start()
        self._task = self._progress.add_task("epoch 1", total=int(trainer.estimated_stepping_batches))

    def on_before_zero_grad(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, optimizer: Optimizer
    ) -> None:
        """Move the bar."""
        del pl_module, optimizer
        self._progress.update(self._task, completed=trainer.global_step)

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Print the row of the epoch above the bar."""
        del trainer, pl_module
        row = self._keeper.epochs[-1]
        self._progress.print(
            f"epoch {row.epoch}: loss {row.train_loss:.4f}, validation {row.validation_accuracy:.2%}", highlight=False
        )
        self._progress.update(self._task, description=f"epoch {row.epoch + 1}")

    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Remove the bar."""
        del trainer, pl_module
        self._progress.stop()

    def on_exception(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, exception: BaseException
    ) -> None:
        """Give the terminal back."""
        del trainer, pl_module, exception
        self._progress.stop()


def _measure(trainer: lightning.Trainer, classifier: Classifier) -> Epoch:
    trained, validated = classifier.training_tally, classifier.evaluation_tally
    learning_rate: float = trainer.optimizers[0].param_groups[0]["lr"]
    number = trainer.current_epoch + 1
    return Epoch(number, learning_rate, trained.loss, trained.accuracy, validated.loss, validated.accuracy)


def _weights(network: nn.Module) -> bytes:
    """Return the state as safetensors. The format refuses tied tensors: each is kept once, under its first name."""
    first: dict[tuple[int, torch.Size, tuple[int, ...]], str] = {}
    state = network.state_dict()
    for name, tensor in state.items():
        first.setdefault((tensor.data_ptr(), tensor.shape, tensor.stride()), name)
    return save({name: state[name].contiguous() for name in first.values()})


def _csv(epochs: list[Epoch]) -> str:
    rows = [",".join(field.name for field in fields(Epoch))]
    rows += [",".join(str(n) if isinstance(n, int) else f"{n:.6g}" for n in astuple(epoch)) for epoch in epochs]
    return "\n".join(rows) + "\n"
