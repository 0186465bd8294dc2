"""AS6xx: training and prediction. Recipes, data sets, networks that do not fit their data, models that do not run.

The examples of a wrong recipe are recipes; those of the others are commands.
"""

from __future__ import annotations

from typing import ClassVar

from archspec.diagnostics.problem import Problem, problem_class
from archspec.diagnostics.text import shape_text

Shape = tuple[int, ...]


@problem_class(frozen=True, kw_only=True)
class WrongRecipeValue(Problem):
    """A setting of a recipe has the wrong type, or lies outside of its range.

    Numbers are not read out of text, and `true` is no number.

    Bad:
        data: {kind: mnist}
        epochs: 0

    Good:
        data: {kind: mnist}
        epochs: 5
    """

    code: ClassVar[str] = "AS601"
    slug: ClassVar[str] = "wrong-recipe-value"

    key: str
    reason: str

    def message(self) -> str:
        return f"{self.key}: {self.reason}"

    def help(self) -> str | None:
        return self.suggestion or "archspec train --help names an example; recipes/mnist.yaml shows every key"


@problem_class(frozen=True, kw_only=True)
class DataNotFound(Problem):
    """The files of a data set are not where they were looked for.

    Nothing is downloaded. Put the files of MNIST, as they were published (plain or .gz), into `data/MNIST/raw`, or
    name their folder in the recipe (`data: {kind: mnist, root: ...}`) or in the variable ARCHSPEC_DATA.

    Bad:
        $ ARCHSPEC_DATA=/nowhere archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml

    Good:
        $ ARCHSPEC_DATA=~/datasets archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
    """

    code: ClassVar[str] = "AS610"
    slug: ClassVar[str] = "data-not-found"

    kind: str
    missing: str
    searched: tuple[str, ...]

    def message(self) -> str:
        return f"no {self.kind} data: {self.missing} is in none of {', '.join(self.searched)}"

    def help(self) -> str | None:
        return "put the four IDX files (plain or .gz) into data/MNIST/raw, or name their folder in ARCHSPEC_DATA"


@problem_class(frozen=True, kw_only=True)
class CorruptData(Problem):
    """A file of a data set is truncated, or is not what its name says.

    The header of an IDX file gives the type and the sizes of its array; the rest must be exactly that long. An
    interrupted download leaves a shorter file.

    Bad:
        $ head -c 1000 train-images-idx3-ubyte > data/MNIST/raw/train-images-idx3-ubyte

    Good:
        $ cp train-images-idx3-ubyte data/MNIST/raw/
    """

    code: ClassVar[str] = "AS611"
    slug: ClassVar[str] = "corrupt-data"

    path: str
    reason: str

    def message(self) -> str:
        return f"{self.path}: {self.reason}"

    def help(self) -> str | None:
        return "fetch the file again"


@problem_class(frozen=True, kw_only=True)
class HoldoutTooLarge(Problem):
    """The validation set would take all of the training data.

    `holdout` examples of the training data choose the best epoch and are not trained on.

    Bad:
        $ archspec train specs/residual_mnist.yaml --recipe everything_held_out.yaml

    Good:
        $ archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
    """

    code: ClassVar[str] = "AS612"
    slug: ClassVar[str] = "holdout-too-large"

    holdout: int
    examples: int

    def message(self) -> str:
        return f"holdout is {self.holdout}, but there are only {self.examples} training examples"

    def help(self) -> str | None:
        return self.suggestion or "hold out fewer examples"


@problem_class(frozen=True, kw_only=True)
class InputDoesNotFitData(Problem):
    """The network takes other tensors than the data set has.

    A classifier has one input, of the shape of one example.

    Bad:
        $ archspec train specs/resnet34.yaml --recipe recipes/mnist.yaml

    Good:
        $ archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
    """

    code: ClassVar[str] = "AS620"
    slug: ClassVar[str] = "input-does-not-fit-data"

    kind: str
    data: Shape
    found: str

    def message(self) -> str:
        return f"the examples of {self.kind} are {shape_text(self.data)}, but {self.found}"

    def help(self) -> str | None:
        return f"give the spec one input of shape [{', '.join(str(size) for size in self.data)}]"


@problem_class(frozen=True, kw_only=True)
class OutputDoesNotFitData(Problem):
    """The network does not give one number per class.

    A classifier's output has the shape (batch, classes), with as many classes as the data set has.

    Bad:
        $ archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml --set classes=7

    Good:
        $ archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml --set classes=10
    """

    code: ClassVar[str] = "AS621"
    slug: ClassVar[str] = "output-does-not-fit-data"

    kind: str
    classes: int
    found: str

    def message(self) -> str:
        return f"{self.kind} has {self.classes} classes, but {self.found}"

    def help(self) -> str | None:
        return f"end the network in a linear with out_features: {self.classes}"


@problem_class(frozen=True, kw_only=True)
class TrainingDiverged(Problem):
    """The loss became infinite or not a number, so further training is of no use.

    The learning rate is too high for this network, or 16-bit floats overflow. The best weights of the epochs before
    were kept.

    Bad:
        $ archspec train specs/residual_mnist.yaml --recipe very_high_rate.yaml

    Good:
        $ archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
    """

    code: ClassVar[str] = "AS622"
    slug: ClassVar[str] = "training-diverged"

    epoch: int

    def message(self) -> str:
        return f"the loss is not finite in epoch {self.epoch}"

    def help(self) -> str | None:
        return "use a lower learning rate (optimizer: {lr: ...})"


@problem_class(frozen=True, kw_only=True)
class ExtraMissing(Problem):
    """A command needs a library that is not installed with archspec alone.

    Training needs pytorch-lightning; the other commands do not.

    Bad:
        $ pip install archspec && archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml

    Good:
        $ pip install 'archspec[train]' && archspec train specs/residual_mnist.yaml --recipe recipes/mnist.yaml
    """

    code: ClassVar[str] = "AS623"
    slug: ClassVar[str] = "extra-missing"

    library: str
    extra: str

    def message(self) -> str:
        return f"{self.library} is not installed"

    def help(self) -> str | None:
        return f"pip install 'archspec[{self.extra}]'"


@problem_class(frozen=True, kw_only=True)
class ModelNotReadable(Problem):
    """The model file is damaged, or is no ONNX model that onnxruntime can load.

    Bad:
        $ archspec predict README.md digit.png

    Good:
        $ archspec predict residual_mnist.onnx digit.png
    """

    code: ClassVar[str] = "AS630"
    slug: ClassVar[str] = "model-not-readable"

    path: str
    reason: str

    def message(self) -> str:
        return f"cannot load {self.path}: {self.reason}"

    def help(self) -> str | None:
        return "archspec export SPEC -o MODEL.onnx writes one"


@problem_class(frozen=True, kw_only=True)
class NotAClassifier(Problem):
    """The model cannot be used for a prediction of classes.

    Prediction needs one float input (batch, channels, height, width, or any other rank for arrays) and takes the
    first output, of shape (batch, classes).

    Bad:
        $ archspec predict segmentation.onnx photo.jpg

    Good:
        $ archspec predict resnet34.onnx photo.jpg
    """

    code: ClassVar[str] = "AS631"
    slug: ClassVar[str] = "not-a-classifier"

    path: str
    reason: str

    def message(self) -> str:
        return f"{self.path} is no classifier: {self.reason}"

    def help(self) -> str | None:
        return self.suggestion or "export the model with archspec export, or build it with archspec build"


@problem_class(frozen=True, kw_only=True)
class ExampleNotReadable(Problem):
    """A file given to `predict` is damaged, too large, or neither an image nor an array.

    Arrays are read without pickles, which could run code.

    Bad:
        $ archspec predict residual_mnist.onnx notes.txt

    Good:
        $ archspec predict residual_mnist.onnx digit.png
    """

    code: ClassVar[str] = "AS632"
    slug: ClassVar[str] = "example-not-readable"

    path: str
    reason: str

    def message(self) -> str:
        return f"cannot read {self.path}: {self.reason}"

    def help(self) -> str | None:
        return "give an image file (PNG, JPEG, ...) or a float array as .npy"


@problem_class(frozen=True, kw_only=True)
class ExampleDoesNotFitModel(Problem):
    """An array given to `predict` has another shape than the model's input.

    Images are resized; arrays are taken as they are, as one example or as a batch of them.

    Bad:
        $ archspec predict residual_mnist.onnx array_of_3x32x32.npy

    Good:
        $ archspec predict residual_mnist.onnx array_of_1x28x28.npy
    """

    code: ClassVar[str] = "AS633"
    slug: ClassVar[str] = "example-does-not-fit-model"

    path: str
    shape: Shape
    wanted: str

    def message(self) -> str:
        return f"{self.path} is {shape_text(self.shape)}, but the model takes {self.wanted}"

    def help(self) -> str | None:
        return self.suggestion or f"give arrays of shape {self.wanted}"


PROBLEMS: tuple[type[Problem], ...] = (
    WrongRecipeValue,
    DataNotFound,
    CorruptData,
    HoldoutTooLarge,
    InputDoesNotFitData,
    OutputDoesNotFitData,
    TrainingDiverged,
    ExtraMissing,
    ModelNotReadable,
    NotAClassifier,
    ExampleNotReadable,
    ExampleDoesNotFitModel,
)
