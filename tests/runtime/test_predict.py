from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from archspec.diagnostics.catalog.runtime import (
    ExampleDoesNotFitModel,
    ExampleNotReadable,
    ModelNotReadable,
    NotAClassifier,
)
from archspec.diagnostics.catalog.usage import CannotRead
from archspec.diagnostics.problem import Problem, ProblemError
from archspec.runtime.predict import predict

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = 3


def weights(channels: int, side: int) -> np.ndarray:
    """Return weights by which class k scores twice the mean of the k-th third of the rows, over all channels."""
    matrix = np.zeros((channels, side, side, CLASSES), np.float32)
    for index in range(CLASSES):
        third = slice(index * side // CLASSES, (index + 1) * side // CLASSES)
        matrix[:, third, :, index] = 2 * CLASSES / (channels * side * side)
    return matrix.reshape(-1, CLASSES)


def write_model(  # noqa: PLR0913  (all have defaults)
    path: Path,
    *,
    channels: int = 1,
    side: int = 6,
    batch: int | str = "N",
    softmax: bool = False,
    preprocess: object = None,
    kind: int = TensorProto.FLOAT,
) -> Path:
    """Write a classifier: flatten, multiply by `weights`."""
    matrix = weights(channels, side).astype(helper.tensor_dtype_to_np_dtype(kind))
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["scores"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["scores"], ["probabilities"]))
    graph = helper.make_graph(
        nodes,
        "rows",
        [helper.make_tensor_value_info("image", kind, [batch, channels, side, side])],
        [helper.make_tensor_value_info(nodes[-1].output[0], kind, [batch, CLASSES])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if preprocess is not None:
        text = preprocess if isinstance(preprocess, str) else json.dumps(preprocess)
        helper.set_model_props(model, {"archspec.preprocess": text})
    onnx.save(model, path)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.onnx")


def write_image(path: Path, mode: str = "L", side: int = 6, lit: int = 0) -> Path:
    """Write an image with one third of its rows lit."""
    pixels = np.zeros((side, side), np.uint8)
    pixels[lit * side // CLASSES : (lit + 1) * side // CLASSES] = 255
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def write_array(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


def problems(model: Path, *inputs: Path) -> tuple[Problem, ...]:
    with pytest.raises(ProblemError) as caught:
        predict(model, list(inputs), top=1)
    return caught.value.problems


def softmax(*scores: float) -> list[float]:
    powers = np.exp(np.array(scores))
    return (powers / powers.sum()).tolist()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_every_mode_are_scaled_to_one(tmp_path: Path, mode: str, channels: int) -> None:
    model = write_model(tmp_path / "model.onnx", channels=channels)
    image = tmp_path / "image.png"
    if mode == "I;16":
        Image.fromarray(np.repeat(np.array([0, 65535, 0], np.uint16), 12).reshape(6, 6)).save(image)
    else:
        write_image(image, mode, lit=1)

    (prediction,) = predict(model, [image], top=3)

    assert prediction.index is None
    assert [candidate.index for candidate in prediction.candidates] == [1, 0, 2]
    expected = softmax(2, 0, 0)
    assert [candidate.probability for candidate in prediction.candidates] == pytest.approx(expected, abs=1e-5)


def test_images_are_resized(tmp_path: Path, model: Path) -> None:
    image = write_image(tmp_path / "large.png", side=60, lit=2)

    (prediction,) = predict(model, [image], top=1)

    assert [candidate.label for candidate in prediction.candidates] == ["2"]
    assert prediction.candidates[0].probability == pytest.approx(softmax(0, 0, 2)[2], abs=0.05)


def test_photographs_are_turned_upright(tmp_path: Path, model: Path) -> None:
    image, path = Image.open(write_image(tmp_path / "upright.png", lit=0)), tmp_path / "upside_down.png"
    exif = Image.Exif()
    exif[0x0112] = 3  # orientation: by 180 degrees
    image.rotate(180).save(path, exif=exif)

    assert predict(model, [path], top=1)[0].candidates[0].index == 0


def test_metadata_normalises_and_names(tmp_path: Path) -> None:
    preprocess = {"mean": [0.5], "std": 0.25, "size": [6, 6], "labels": ["top", "middle", "bottom"], "more": 1}
    model = write_model(tmp_path / "model.onnx", preprocess=preprocess)
    image = write_image(tmp_path / "image.png", lit=2)

    (prediction,) = predict(model, [image], top=2)

    assert [candidate.label for candidate in prediction.candidates] == ["bottom", "top"]
    assert prediction.candidates[0].probability == pytest.approx(softmax(-4, -4, 4)[2], abs=1e-5)


def test_probabilities_are_recognised(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.onnx", softmax=True)
    image = write_image(tmp_path / "image.png")

    assert predict(model, [image], top=1)[0].candidates[0].probability == pytest.approx(softmax(2, 0, 0)[0], abs=1e-5)


@pytest.mark.parametrize("stated", [True, False])
def test_metadata_decides_whether_outputs_are_probabilities(tmp_path: Path, *, stated: bool) -> None:
    model = write_model(tmp_path / "model.onnx", preprocess={"probabilities": stated})
    # Its scores are (1, 0, 0), which sum to one by chance.
    array = write_array(tmp_path / "half.npy", np.repeat(np.array([0.5, 0, 0], np.float32), 12).reshape(1, 6, 6))

    expected = 1 if stated else softmax(1, 0, 0)[0]
    assert predict(model, [array], top=1)[0].candidates[0].probability == pytest.approx(expected, abs=1e-5)


def test_arrays_are_taken_as_they_are(tmp_path: Path, model: Path) -> None:
    array = np.zeros((1, 6, 6))
    array[0, 2:4] = 5

    (prediction,) = predict(model, [write_array(tmp_path / "one.npy", array)], top=1)

    assert prediction.index is None
    assert prediction.candidates[0].index == 1
    assert prediction.candidates[0].probability == pytest.approx(softmax(10, 0, 0)[0])


@pytest.mark.parametrize("batch", ["N", 1, 4])
def test_batches_of_arrays(tmp_path: Path, batch: int | str) -> None:
    model = write_model(tmp_path / "model.onnx", batch=batch)
    count = 70  # more than go through at once
    array = np.zeros((count, 1, 6, 6), np.float32)
    for index in range(count):
        third = index % CLASSES
        array[index, 0, third * 2 : third * 2 + 2] = 4

    predictions = predict(model, [write_array(tmp_path / "many.npy", array)], top=1)

    assert [prediction.index for prediction in predictions] == list(range(count))
    assert [prediction.candidates[0].index for prediction in predictions] == [n % CLASSES for n in range(count)]


def test_several_files_keep_their_order(tmp_path: Path, model: Path) -> None:
    paths = [write_image(tmp_path / f"{lit}.png", lit=lit) for lit in (2, 0, 1)]

    predictions = predict(model, paths, top=1)

    assert [(p.path, p.candidates[0].index) for p in predictions] == list(zip(map(str, paths), (2, 0, 1), strict=True))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_models_of_other_floats(tmp_path: Path, kind: int) -> None:
    model = write_model(tmp_path / "model.onnx", kind=kind)
    image = write_image(tmp_path / "image.png", lit=1)

    assert predict(model, [image], top=1)[0].candidates[0].index == 1


def test_equal_probabilities_come_in_the_order_of_the_classes(tmp_path: Path, model: Path) -> None:
    array = write_array(tmp_path / "zeros.npy", np.zeros((1, 6, 6), np.float32))

    (prediction,) = predict(model, [array], top=10)

    assert [candidate.index for candidate in prediction.candidates] == [0, 1, 2]


def test_missing_files_are_problems(tmp_path: Path, model: Path) -> None:
    image = write_image(tmp_path / "image.png")

    assert [type(problem) for problem in problems(tmp_path / "no.onnx", image)] == [CannotRead]
    assert [type(problem) for problem in problems(tmp_path, image)] == [CannotRead]
    found = problems(model, tmp_path / "no.png", image, tmp_path / "no.npy", tmp_path)
    assert [type(problem) for problem in found] == [CannotRead] * 3


@pytest.mark.parametrize("content", [b"", b"this is no model", b"\x08\x09\x12\xff\xff"])
def test_a_damaged_model_is_a_problem(tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)

    (problem,) = problems(path, write_image(tmp_path / "image.png"))

    assert isinstance(problem, ModelNotReadable)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("preprocess", ["{", '{"mean": "half"}', '{"size": [1, 2, 3]}', '{"std": 0}', "[]"])
def test_damaged_metadata_is_a_problem(tmp_path: Path, preprocess: str) -> None:
    model = write_model(tmp_path / "model.onnx", preprocess=preprocess)

    (problem,) = problems(model, write_image(tmp_path / "image.png"))

    assert "archspec.preprocess is damaged" in problem.message()


def test_metadata_for_other_channels_is_a_problem(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.onnx", preprocess={"mean": [0.5, 0.5, 0.5]})

    (problem,) = problems(model, write_image(tmp_path / "image.png"))

    assert isinstance(problem, NotAClassifier)


def test_a_model_of_no_images_says_so(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.onnx", channels=2)

    (problem,) = problems(model, write_image(tmp_path / "image.png"))

    assert "2x6x6, which is no image of 1, 3 or 4 channels" in problem.message()


def test_a_model_without_classes_says_so(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["image"], ["map"])],
        "map",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 6, 6])],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, ["N", 1, 6, 6])],
    )
    path = tmp_path / "map.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)

    (problem,) = problems(path, write_image(tmp_path / "image.png"))

    assert problem.message().endswith("its output is (1, 1, 6, 6), not (batch, classes)")


def test_a_model_of_several_inputs_says_so(tmp_path: Path) -> None:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3]) for name in ("a", "b", "c")]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"])], "sum", values[:2], values[2:])
    path = tmp_path / "sum.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)

    (problem,) = problems(path, write_image(tmp_path / "image.png"))

    assert "it takes a tensor(float), b tensor(float)" in problem.message()


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((1, 6, 6), np.int64), "holds int64"),
        (np.zeros((1, 6, 6), bool), "holds bool"),
        (np.full((1, 6, 6), np.nan), "not finite"),
        (np.zeros((0, 1, 6, 6)), "empty"),
        (np.array([{}]), "cannot read"),
    ],
)
def test_arrays_that_are_no_floats_are_problems(tmp_path: Path, model: Path, array: np.ndarray, reason: str) -> None:
    (problem,) = problems(model, write_array(tmp_path / "array.npy", array))

    assert isinstance(problem, ExampleNotReadable)
    assert reason in problem.message()


@pytest.mark.parametrize("shape", [(6, 6), (1, 6, 7), (3, 6, 6), (2, 3, 6, 6), (1, 1, 1, 6, 6), ()])
def test_arrays_of_another_shape_are_problems(tmp_path: Path, model: Path, shape: tuple[int, ...]) -> None:
    (problem,) = problems(model, write_array(tmp_path / "array.npy", np.zeros(shape)))

    assert isinstance(problem, ExampleDoesNotFitModel)
    assert problem.message().endswith("but the model takes 1x6x6")


def test_damaged_files_are_problems(tmp_path: Path, model: Path) -> None:
    whole = write_image(tmp_path / "whole.png", side=64).read_bytes()
    contents = {
        "cut.png": whole[: len(whole) // 2],
        "text.png": b"no image",
        "empty.png": b"",
        "empty.npy": b"",
        "text.npy": b"no array",
        # Its header announces far more than there is.
        "huge.npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999), }"
        + b" " * 46
        + b"\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    found = problems(model, *(tmp_path / name for name in contents))

    assert [type(problem) for problem in found] == [ExampleNotReadable] * len(contents)


def test_images_of_too_many_pixels_are_problems(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = write_image(tmp_path / "image.png")
    for limit in (30, 10):  # Pillow only warns of the first
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)

        (problem,) = problems(model, image)

        assert isinstance(problem, ExampleNotReadable)
        assert "decompression bomb" in problem.message()


def test_torch_is_not_loaded(tmp_path: Path, model: Path) -> None:
    image = write_image(tmp_path / "image.png")
    code = (
        "import sys; from pathlib import Path; from archspec.runtime.predict import predict; "
        f"predict(Path({str(model)!r}), [Path({str(image)!r})], 1); print('torch' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("False\n", "")
