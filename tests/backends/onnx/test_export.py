from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from archspec.backends.onnx import export as exporting
from archspec.backends.onnx.export import export, prove
from archspec.backends.onnx.reference import torch_reference
from archspec.diagnostics.problem import ProblemError
from archspec.source.atomic import FolderBusyError, claim
from tests.backends.onnx.builder import loaded, residual

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from archspec.backends.onnx.reference import Reference
    from archspec.ir.graph import Graph

GRAPH = residual()
METADATA = {"archspec.name": "example"}


@pytest.fixture
def module() -> nn.Module:
    return loaded(GRAPH)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_report_tells_what_was_written(module: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "new" / "model.onnx"
    report = export(GRAPH, module, path, metadata=METADATA, batches=(1, 2))
    assert report.path == path
    assert report.size_bytes == path.stat().st_size
    assert report.nodes == len(onnx.load(path).graph.node)
    assert 0 <= report.largest_difference < 1e-5 * report.scale
    assert report.batches == (1, 2)
    assert files(path.parent) == ["model.onnx"]


def test_any_batch_runs(module: nn.Module, tmp_path: Path) -> None:
    export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    batch = np.random.default_rng(1).standard_normal((7, 3, 16, 16)).astype(np.float32)
    result = np.asarray(session.run(None, {"image": batch})[0])
    with torch.inference_mode():
        wanted = module.eval()(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(result, wanted, atol=1e-5 * np.abs(wanted).max())


def test_proven_content_is_that_of_the_file(module: nn.Module, tmp_path: Path) -> None:
    export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
    assert prove(GRAPH, module, metadata=METADATA).data == (tmp_path / "model.onnx").read_bytes()


def test_a_module_in_training_and_in_half_is_judged_as_it_is(module: nn.Module, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"float16, not"):
        export(GRAPH, copy.deepcopy(module).half(), tmp_path / "model.onnx", metadata=METADATA)
    export(GRAPH, module.train(), tmp_path / "model.onnx", metadata=METADATA)
    assert module.training


def test_nothing_is_written_and_the_old_file_stays_if_the_model_is_wrong(
    module: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = copy.deepcopy(module)
    with torch.no_grad():
        other.get_submodule("fc").bias.add_(1.0)  # pyright: ignore[reportCallIssue, reportOptionalMemberAccess, reportAttributeAccessIssue]
    reference = torch_reference(other, GRAPH)

    def of_the_other(_module: nn.Module, _graph: Graph) -> Reference:
        return reference

    monkeypatch.setattr(exporting, "torch_reference", of_the_other)
    with pytest.raises(ProblemError, match="AS513"):
        export(GRAPH, module, tmp_path / "new" / "model.onnx", metadata=METADATA)
    assert files(tmp_path) == []
    (tmp_path / "model.onnx").write_bytes(b"old")
    with pytest.raises(ProblemError, match="AS513"):
        export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
    assert (tmp_path / "model.onnx").read_bytes() == b"old"
    assert files(tmp_path) == ["model.onnx"]


def test_weights_that_are_not_finite(module: nn.Module, tmp_path: Path) -> None:
    with torch.no_grad():
        module.state_dict()["fc.bias"][0] = float("nan")
    with pytest.raises(ProblemError, match=r"AS511.*fc\.bias"):
        export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
    assert files(tmp_path) == []


def test_a_module_of_another_network(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="AS510"):
        export(GRAPH, torch.nn.Linear(2, 3), tmp_path / "model.onnx", metadata=METADATA)
    assert files(tmp_path) == []


def test_a_folder_that_another_process_writes_into(module: nn.Module, tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(FolderBusyError):
        export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)


class TestLargeModels:
    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exporting, "LARGEST_INLINE_BYTES", 1000)

    def test_weights_stand_beside_the_model(self, module: nn.Module, tmp_path: Path) -> None:
        report = export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
        assert files(tmp_path) == ["model.onnx", "model.onnx.data"]
        assert report.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
        onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])

    def test_the_old_files_stay_if_the_model_is_wrong(self, module: nn.Module, tmp_path: Path) -> None:
        export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with torch.no_grad():
            module.state_dict()["fc.weight"].fill_(3e38)
        with pytest.raises(ProblemError, match="AS514"):
            export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_what_a_killed_process_left_is_removed(self, module: nn.Module, tmp_path: Path) -> None:
        stale = tmp_path / ".archspec-export-0"
        stale.mkdir()
        (stale / "model.onnx.data").write_bytes(b"\0" * 1000)
        export(GRAPH, module, tmp_path / "model.onnx", metadata=METADATA)
        assert not stale.exists()

    def test_there_is_no_content_without_its_data(self, module: nn.Module) -> None:
        with pytest.raises(ValueError, match="2 GB"):
            prove(GRAPH, module, metadata=METADATA)
