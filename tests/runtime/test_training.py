from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from archspec.diagnostics.catalog.runtime import (
    HoldoutTooLarge,
    InputDoesNotFitData,
    OutputDoesNotFitData,
    TrainingDiverged,
)
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.mnist import find_mnist
from archspec.runtime.recipe import Recipe
from archspec.runtime.training import TrainingResult, train
from archspec.source.atomic import FolderBusyError, claim

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def one_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Networks this small gain nothing from several threads, and lose a lot where other tests run beside them."""
    count = torch.get_num_threads()
    if "slow" not in request.keywords:
        torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


def recipe(root: Path, /, **changes: object) -> Recipe:
    settings: dict[str, object] = {
        "data": {"kind": "mnist", "root": str(root), "holdout": 100},
        "epochs": 4,
        "batch_size": 20,
        "optimizer": {"lr": 0.01},
        "accelerator": "cpu",
    }
    return Recipe.model_validate({**settings, **changes})


def network(seed: int = 0, *, dropout: float = 0.0, classes: int = 10) -> nn.Module:
    torch.manual_seed(seed)
    layers = (nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(800, classes))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_learnable_pattern_is_learnt(data: Path, tmp_path: Path) -> None:
    model = network()

    result = train(model, recipe(data), tmp_path / "out")

    assert result.test_accuracy > 0.95
    assert result.test_examples == 100
    assert result.test_correct == round(result.test_accuracy * 100)
    assert result.epochs == 4


def test_what_is_written_agrees_with_what_is_returned(data: Path, tmp_path: Path) -> None:
    model, out = network(), tmp_path / "out"

    result = train(model, recipe(data), out)

    assert sorted(contents(out)) == ["curves.csv", "result.json", "weights.safetensors"]
    document = json.loads((out / "result.json").read_text())
    assert TrainingResult(**{name: document[name] for name in TrainingResult.__annotations__}) == result
    assert document["recipe"]["batch_size"] == 20
    assert set(document["versions"]) == {"archspec", "numpy", "pytorch-lightning", "torch"}
    assert str(tmp_path) not in (out / "result.json").read_text()
    rows = list(csv.DictReader((out / "curves.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    accuracies = [float(row["validation_accuracy"]) for row in rows]
    assert accuracies.index(max(accuracies)) + 1 == result.best_epoch
    assert max(accuracies) == result.validation_accuracy


def test_the_network_ends_with_the_weights_that_were_kept(data: Path, tmp_path: Path) -> None:
    model = network()

    train(model, recipe(data), tmp_path)

    kept, state = load_file(tmp_path / "weights.safetensors"), model.state_dict()
    assert kept.keys() == state.keys()
    assert all(torch.equal(kept[name], state[name]) for name in state)


@pytest.mark.parametrize("scheduler", ["one_cycle", "cosine", "none"])
def test_the_same_seed_gives_the_same_bytes(data: Path, tmp_path: Path, scheduler: str) -> None:
    settings = recipe(data, epochs=2, scheduler=scheduler, augment={"shift": 1, "rotation": 5}, label_smoothing=0.1)
    for out in ("first", "second"):
        torch.rand(3)  # what was drawn before does not matter
        train(network(dropout=0.2), settings, tmp_path / out)

    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_another_seed_gives_another_network(data: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        train(network(), recipe(data, epochs=1, seed=seed), tmp_path / str(seed))

    first, second = (contents(tmp_path / seed)["weights.safetensors"] for seed in ("0", "1"))
    assert first != second


@pytest.mark.parametrize(
    "optimizer",
    [{"name": "sgd", "lr": 0.05}, {"name": "sgd", "lr": 0.05, "momentum": 0, "weight_decay": 1e-4}, {"name": "adam"}],
)
def test_each_optimizer_runs(data: Path, tmp_path: Path, optimizer: dict[str, object]) -> None:
    assert train(network(), recipe(data, epochs=1, optimizer=optimizer), tmp_path).epochs == 1


def test_global_state_is_left_alone(data: Path, tmp_path: Path) -> None:
    model = network()
    state, handler = torch.get_rng_state(), signal.getsignal(signal.SIGINT)

    train(model, recipe(data, epochs=1), tmp_path)

    assert torch.equal(state, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()
    assert signal.getsignal(signal.SIGINT) is handler


def test_nothing_is_printed_where_there_is_no_terminal(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(network(), recipe(data, epochs=1), tmp_path)

    assert capfd.readouterr() == ("", "")


def test_tied_weights_are_kept_once(data: Path, tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(144, 144)
            self.second = self.first
            self.head = nn.Linear(144, 10)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.second(self.first(x.flatten(1)).relu()))

    train(Tied(), recipe(data, epochs=1), tmp_path)

    kept = load_file(tmp_path / "weights.safetensors")
    assert sorted(kept) == ["first.bias", "first.weight", "head.bias", "head.weight"]


def test_a_wrong_number_of_classes_is_found_before_training(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="10 classes, but the network's output is Nx7") as caught:
        train(network(classes=7), recipe(data), tmp_path / "out")

    assert isinstance(caught.value.problems[0], OutputDoesNotFitData)
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_no_tensor_is_found(data: Path, tmp_path: Path) -> None:
    class Pair(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    with pytest.raises(ProblemError, match="returns a tuple"):
        train(Pair(), recipe(data), tmp_path)


def test_an_input_that_does_not_fit_is_found_by_its_shape(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="examples of mnist are 1x12x12, but the network takes image 3x224x224"):
        train(network(), recipe(data), tmp_path, inputs={"image": (3, 224, 224)})


def test_an_input_that_does_not_fit_is_found_by_trying(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="the network fails on them") as caught:
        train(nn.Conv2d(3, 8, 3), recipe(data), tmp_path)

    assert isinstance(caught.value.problems[0], InputDoesNotFitData)


def test_the_holdout_must_leave_something(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        train(network(), recipe(data, data={"kind": "mnist", "root": str(data)}), tmp_path)

    assert caught.value.problems == (HoldoutTooLarge(holdout=5000, examples=600),)


def test_a_diverging_training_is_a_problem(data: Path, tmp_path: Path) -> None:
    settings = recipe(data, optimizer={"name": "sgd", "lr": 1e30}, scheduler="none")

    with pytest.raises(ProblemError) as caught:
        train(network(), settings, tmp_path)

    assert isinstance(caught.value.problems[0], TrainingDiverged)


class PressCtrlC(nn.Module):
    """Interrupts in the third epoch, as the terminal would."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = network()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += self.training
        if self.calls == 60:
            os.kill(os.getpid(), signal.SIGINT)
        return self.inner(x)


def test_an_interrupted_training_keeps_the_best_so_far(data: Path, tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(PressCtrlC(), recipe(data), tmp_path)

    assert sorted(contents(tmp_path)) == ["curves.csv", "weights.safetensors"]
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 3
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_old_result_does_not_outlive_its_weights(data: Path, tmp_path: Path) -> None:
    train(network(), recipe(data, epochs=1), tmp_path)

    with pytest.raises(KeyboardInterrupt):
        train(PressCtrlC(), recipe(data), tmp_path)

    assert not (tmp_path / "result.json").exists()


def test_a_failed_check_leaves_an_old_run_as_it_was(data: Path, tmp_path: Path) -> None:
    train(network(), recipe(data, epochs=1), tmp_path)
    before = contents(tmp_path)

    with pytest.raises(ProblemError):
        train(network(classes=3), recipe(data), tmp_path)

    assert contents(tmp_path) == before


def test_two_trainings_do_not_share_a_folder(data: Path, tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(FolderBusyError):
        train(network(), recipe(data), tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error_before_the_work(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        train(network(), recipe(data), tmp_path / "file" / "out")


def test_a_missing_extra_names_its_remedy() -> None:
    code = (
        "import sys\n"
        "sys.modules['pytorch_lightning'] = None\n"
        "from archspec.diagnostics.problem import ProblemError\n"
        "try:\n"
        "    import archspec.runtime.training\n"
        "except ProblemError as error:\n"
        "    print(error.problems[0].help())\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "pip install 'archspec[train]'\n"


class SmallResidual(nn.Module):
    """Residual_mnist, by hand and half as wide."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5)
        self.inner = nn.Conv2d(8, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 5)
        self.fc = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = (x + self.inner(x)).relu()
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc(x.flatten(1))


def mnist_folder() -> Path | None:
    """Return the folder of the real data set, where there is one."""
    for root in (None, str(SHARED_DATA)):
        try:
            return find_mnist(root)
        except ProblemError:
            continue
    return None


@pytest.mark.slow
def test_real_digits_are_learnt_in_one_epoch(tmp_path: Path) -> None:
    folder = mnist_folder()
    if folder is None:
        pytest.skip("MNIST's files are neither in $ARCHSPEC_DATA, data/ nor ../shared/data")
    torch.manual_seed(0)
    settings = recipe(
        folder,
        data={"kind": "mnist", "root": str(folder)},
        epochs=1,
        batch_size=128,
        augment={"shift": 1},
    )

    result = train(SmallResidual(), settings, tmp_path)

    assert result.test_examples == 10_000
    assert result.test_accuracy > 0.96
