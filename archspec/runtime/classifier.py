"""A network under training: loss, accuracy, optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn
from torch.nn import functional

from archspec.runtime.augment import augment
from archspec.runtime.batches import mix

if TYPE_CHECKING:
    from pytorch_lightning.utilities.types import OptimizerLRScheduler

    from archspec.runtime.preprocess import Preprocess
    from archspec.runtime.recipe import Recipe

Batch = tuple[Tensor, Tensor]


@dataclass
class Tally:
    """Loss and hits summed over examples. The sums stay on the device: reading them at every step would stall it."""

    _loss: Tensor = field(default_factory=lambda: torch.zeros(()))
    _correct: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))
    count: int = 0

    def add(self, logits: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Count a batch: logits (N, classes), labels (N), the batch's mean loss."""
        self._loss = self._loss.to(loss.device) + loss.detach().float() * len(labels)
        self._correct = self._correct.to(loss.device) + (logits.detach().argmax(dim=1) == labels).sum()
        self.count += len(labels)

    @property
    def loss(self) -> float:
        """The mean loss per example."""
        return self._loss.item() / max(self.count, 1)

    @property
    def correct(self) -> int:
        """How many examples were classified correctly."""
        return int(self._correct.item())

    @property
    def accuracy(self) -> float:
        """The share of the examples that were classified correctly."""
        return self.correct / max(self.count, 1)


class Classifier(lightning.LightningModule):
    """Trains a network with cross entropy. Batches are uint8 images (N, C, H, W) and labels (N).

    Attributes:
        network: what is trained: (N, C, H, W) to logits (N, classes).
        training_tally: the current epoch's training, on augmented images.
        evaluation_tally: the latest validation or test.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, preprocess: Preprocess, channels: int) -> None:
        """Prepare the training of a network on images with so many channels."""
        super().__init__()
        self.network = network
        self.training_tally = Tally()
        self.evaluation_tally = Tally()
        self._recipe = recipe
        # Not persistent: what is saved is the network's own state.
        self.register_buffer("_mean", torch.tensor(preprocess.mean_per_channel(channels)), persistent=False)
        self.register_buffer("_std", torch.tensor(preprocess.std_per_channel(channels)), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images whose pixels are scaled to 0..1."""
        mean, std = self.get_buffer("_mean"), self.get_buffer("_std")
        logits: Tensor = self.network((images - mean) / std)
        return logits

    def on_train_epoch_start(self) -> None:
        """Count anew."""
        self.training_tally = Tally()

    def training_step(self, batch: Batch) -> Tensor:
        """Return the mean loss of a batch of augmented images."""
        images, labels = batch
        # Drawn from the step's number alone, so that a step does not depend on which steps ran before it.
        generator = torch.Generator().manual_seed(mix(self._recipe.seed + 1, self.global_step))
        logits = self(augment(images.float() / 255, self._recipe.augment, generator))
        loss = functional.cross_entropy(logits, labels, label_smoothing=self._recipe.label_smoothing)
        self.training_tally.add(logits, labels, loss)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Count anew."""
        self.evaluation_tally = Tally()

    def validation_step(self, batch: Batch) -> None:
        """Count a batch."""
        self._evaluate(batch)

    def on_test_epoch_start(self) -> None:
        """Count anew."""
        self.evaluation_tally = Tally()

    def test_step(self, batch: Batch) -> None:
        """Count a batch."""
        self._evaluate(batch)

    def _evaluate(self, batch: Batch) -> None:
        images, labels = batch
        logits = self(images.float() / 255)
        self.evaluation_tally.add(logits, labels, functional.cross_entropy(logits, labels))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return the recipe's optimizer and, if it has one, its scheduler, which steps with every batch."""
        optimizer = self._optimizer()
        scheduler = self._scheduler(optimizer, int(self.trainer.estimated_stepping_batches))
        if scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _optimizer(self) -> torch.optim.Optimizer:
        settings = self._recipe.optimizer
        weights, lr, decay = self.network.parameters(), settings.lr, settings.weight_decay
        if settings.name == "sgd":
            momentum = 0.9 if settings.momentum is None else settings.momentum
            return torch.optim.SGD(weights, lr=lr, momentum=momentum, weight_decay=decay)
        adam = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
        return adam(weights, lr=lr, weight_decay=decay)

    def _scheduler(self, optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler | None:
        schedulers = torch.optim.lr_scheduler
        if self._recipe.scheduler == "one_cycle":
            return schedulers.OneCycleLR(optimizer, max_lr=self._recipe.optimizer.lr, total_steps=steps)
        if self._recipe.scheduler == "cosine":
            return schedulers.CosineAnnealingLR(optimizer, T_max=steps)
        return None
