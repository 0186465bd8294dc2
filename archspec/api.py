"""What `import archspec` offers. Importing it loads neither torch nor onnx."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.diagnostics.catalog.spec import EmptyGraph
from archspec.diagnostics.problem import Collector, Problem, ProblemError
from archspec.elaborate.network import Choice, elaborate
from archspec.ir.tensor import PRECISIONS
from archspec.source.reading import decode
from archspec.spec.loader import load_template, read_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from archspec.backends.onnx.export import ExportReport
    from archspec.ir.graph import Graph, Node
    from archspec.passes.field import FieldReport
    from archspec.passes.pipeline import Analysis
    from archspec.passes.report import Row
    from archspec.source.span import SourceFile
    from archspec.spec.template import SpecTemplate

LONGEST_STDIN = 5 * 2**20


class SpecError(ProblemError):
    """A spec that cannot be compiled.

    Attributes:
        problems: everything that is wrong with it.
        sources: the files that the problems point into, by the paths in their spans.
        partial: the network as far as it could be made, or None.
    """

    def __init__(
        self, problems: tuple[Problem, ...], sources: Mapping[str, SourceFile], partial: Graph | None = None
    ) -> None:
        """Keep the problems and what is needed to show them."""
        super().__init__(*problems)
        self.sources = sources
        self.partial = partial


class Architecture:
    """A network that a spec describes, checked.

    Get one from `archspec.load`. Everything but `module` and `export_onnx` works without torch.
    """

    def __init__(self, graph: Graph, spec: SpecTemplate, source: SourceFile, *, as_written: bool) -> None:
        """Use `archspec.load` instead."""
        self.graph = graph
        self.spec = spec
        self._source = source
        self._as_written = as_written

    @property
    def name(self) -> str:
        """The network's name."""
        return self.graph.name

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the inputs per sample, channels first, by name."""
        return {name: tensor.shape for name, tensor in self.graph.inputs.items()}

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the results per sample, by name."""
        return {output.name: self.graph.type_of(output.value).shape for output in self.graph.outputs}

    @property
    def text(self) -> str:
        """The text of the spec."""
        return self._source.text

    @property
    def sources(self) -> Mapping[str, SourceFile]:
        """The files that the spec consists of, by path."""
        return self.spec.files

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the resolved spec: the same however the spec was put together."""
        return hashlib.sha256(self.expand().encode()).hexdigest()

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The warnings: what the lints find, without what the spec allows."""
        from archspec.passes.lints.run import find_lints

        fields = self.analysis.receptive_fields if "analysis" in vars(self) else None
        return find_lints(self.spec, self.graph, fields, as_written=self._as_written)

    @cached_property
    def analysis(self) -> Analysis:
        """Receptive fields, costs and memory, as tables by node."""
        from archspec.passes.pipeline import analyse

        return analyse(self.graph)

    def analyse(self, *, batch: int | None = None, dtype: str | None = None) -> Analysis:
        """Return the same for a batch of samples, or for floating point tensors of another dtype.

        Args:
            batch: for how many samples arithmetic and memory are counted; None counts one. Weights are there once.
            dtype: `float64`, `float32`, `float16` or `bfloat16`; None leaves tensors as the spec has them.

        Raises:
            ValueError: there is no such batch or dtype.
        """
        from archspec.passes.pipeline import analyse

        if batch is not None and batch < 1:
            raise ValueError(f"batch must be at least 1, not {batch}")
        if dtype is not None and dtype not in PRECISIONS:
            raise ValueError(f"dtype must be one of {', '.join(PRECISIONS)}, not {dtype!r}")
        return analyse(self.graph, batch=batch, dtype=dtype)

    def table(self, *, batch: int | None = None, dtype: str | None = None) -> list[Row]:
        """Return the rows that `archspec shapes` prints, in execution order. The arguments are those of `analyse`.

        Raises:
            ValueError: there is no such batch or dtype.
        """
        if batch is None and dtype is None:
            return list(self._rows.values())
        from archspec.passes.report import rows

        return rows(self.graph, self.analyse(batch=batch, dtype=dtype))

    @cached_property
    def _rows(self) -> dict[str, Row]:
        from archspec.passes.report import rows

        return {row.name: row for row in rows(self.graph, self.analysis)}

    def __getitem__(self, path: str) -> Row:
        """Return the row of a node: its shape, receptive field, params, MACs.

        The path of a block or group gives the row of the node that its result comes from.

        Raises:
            KeyError: there is no such node.
        """
        if path in self._rows:
            return self._rows[path]
        for scope in self.graph.root.walk():
            if scope.path == path and path and scope.outputs:
                value = next(iter(scope.outputs.values()))
                if value.node in self._rows:
                    return self._rows[value.node]
        raise KeyError(path)

    def receptive_field(self, path: str, unit: tuple[int, ...] | None = None, source: str | None = None) -> FieldReport:
        """Return what `archspec field` tells of a node: its receptive field, where it comes from, what a unit sees.

        Args:
            path: a node, a block or group (which means its result), or one result of several (`split.1`).
            unit: the unit to look at, one number per spatial axis, counted from 0; None for the one in the middle.
            source: the input to tell of; None for the first that the node depends on and that has spatial axes.

        Raises:
            ProblemError: there is no such node, input or unit.
        """
        from archspec.passes.field import report_field

        return report_field(self.graph, path, unit, source)[0]

    def node(self, path: str) -> Node:
        """Return a node of the graph.

        Raises:
            KeyError: there is no such node.
        """
        return self.graph.nodes[path]

    def expand(self) -> str:
        """Return the spec with nothing left to resolve: no parameters, blocks, repeats or conditions."""
        from archspec.elaborate.printer import print_spec

        return print_spec(self.graph, self.spec)

    def source(self) -> str:
        """Return the generated PyTorch source: one module that imports only torch, and classes that the spec names.

        Raises:
            ProblemError: such a class has a name that the source uses for something else.
        """
        from archspec.backends.torch.source import generate

        return generate(self.graph, self.spec, fingerprint=self.fingerprint)

    def module(self) -> nn.Module:
        """Return the network as a trainable `nn.Module`: an instance of the class in `source()`."""
        from archspec.backends.torch.module import instantiate

        return instantiate(self.source(), self.name)

    def export_onnx(self, path: str | Path, model: nn.Module | None = None, **options: Any) -> ExportReport:
        """Write the network as ONNX, verified in onnxruntime against PyTorch.

        `model` is a trained instance of the generated module; None takes a fresh one. The options are those of
        `archspec.backends.onnx.export.export`.

        Raises:
            ProblemError: the export differs from PyTorch, or cannot be made. Then no file is written.
        """
        from archspec.backends.onnx.export import export

        return export(self.graph, model or self.module(), Path(path), metadata=self.metadata(), **options)

    def metadata(self) -> dict[str, str]:
        """Return what an exported model says of where it comes from."""
        import json

        facts = {
            "archspec.version": "1",
            "archspec.name": self.name,
            "archspec.spec": self.text,
            "archspec.fingerprint": self.fingerprint,
        }
        if self.graph.preprocess is not None:
            facts["archspec.preprocess"] = json.dumps(self.graph.preprocess.stated(), sort_keys=True)
        return facts


def load(
    path: str | Path,
    /,
    *,
    variant: str | None = None,
    inputs: Mapping[str, tuple[int | str, ...]] | None = None,
    allow_imports: bool = False,
    **params: Any,
) -> Architecture:
    """Read a spec, check it, and return the network.

    Args:
        path: the spec; `-` is standard input.
        variant: one of the spec's variants.
        inputs: shapes per sample by input name, in place of the spec's; "" stands for a single input.
        allow_imports: import the classes that the spec names (`op: package.module:Class`), which runs their code.
        params: values for the spec's parameters.

    Raises:
        SpecError: there is an error in it; `.problems` holds all of them.
        OSError: the file cannot be opened.
    """
    return compile_spec(path, Choice(variant, params, inputs or {}, allow_imports)).architecture()


def check(
    path: str | Path,
    *,
    variant: str | None = None,
    inputs: Mapping[str, tuple[int | str, ...]] | None = None,
    params: Mapping[str, Any] | None = None,
    allow_imports: bool = False,
) -> tuple[Problem, ...]:
    """Return everything that is wrong in a spec, or doubtful if nothing is wrong. The arguments are those of `load`.

    Raises:
        OSError: the file cannot be opened.
    """
    try:
        return compile_spec(path, Choice(variant, params or {}, inputs or {}, allow_imports)).findings()
    except ProblemError as error:
        return error.problems


@dataclass(frozen=True)
class Compiled:
    """What became of a spec.

    Attributes:
        source: the spec.
        sources: all files that were read for it, by path, itself among them.
        template: the spec as it was written; None if it could not be read.
        graph: its network, or as much of it as could be made.
        problems: everything that is wrong in it.
        as_written: nothing was chosen from outside.
    """

    source: SourceFile
    sources: Mapping[str, SourceFile]
    template: SpecTemplate | None
    graph: Graph | None
    problems: tuple[Problem, ...]
    as_written: bool = True

    def findings(self) -> tuple[Problem, ...]:
        """Return what is wrong; if nothing is, what the lints find doubtful, without what the spec allows."""
        return self.problems or self._lints

    @cached_property
    def _lints(self) -> tuple[Problem, ...]:
        from archspec.passes.lints.run import find_lints

        if self.template is None or self.graph is None:
            return ()
        return find_lints(self.template, self.graph, as_written=self.as_written)

    def architecture(self) -> Architecture:
        """Return the network.

        Raises:
            SpecError: something is wrong in the spec.
        """
        if self.template is None or self.graph is None or self.problems:
            raise SpecError(self.problems, self.sources, self.graph)
        if self.template.is_library:
            no_network = EmptyGraph(span=self.template.span, where="this file of blocks")
            raise SpecError((no_network,), self.sources, self.graph)
        return Architecture(self.graph, self.template, self.source, as_written=self.as_written)


def compile_spec(path: str | Path, choice: Choice, texts: Mapping[Path, str] | None = None) -> Compiled:
    """Read and elaborate a spec. `texts` are those of `compile_text`.

    Raises:
        ProblemError: the file is no text.
        OSError: it cannot be opened.
    """
    shown = str(path)
    return compile_text(_standard_input() if shown == "-" else read_source(Path(path), shown), choice, texts)


def compile_text(source: SourceFile, choice: Choice, texts: Mapping[Path, str] | None = None) -> Compiled:
    """Elaborate a spec whose text is at hand.

    `source.place` is the file that it stands for: what it names is looked for beside that. `texts` are taken in place
    of what is in other files, by their real paths: what an editor holds unsaved, or an edit that is tried.
    """
    collector = Collector()
    sources: dict[str, SourceFile] = {}
    template = load_template(source, source.place, collector, sources, texts)
    graph = None if template is None else elaborate(template, collector, choice)
    problems = collector.problems
    if template is not None and choice.inputs:
        from archspec.passes.size_advice import advised

        problems = advised(problems, template, choice)
    as_written = choice.variant is None and not choice.params and not choice.inputs
    return Compiled(source, sources, template, graph, problems, as_written)


def read_template(path: str | Path, sources: dict[str, SourceFile]) -> SpecTemplate:
    """Read a spec of which several networks are to be made; the files go to `sources`, by the paths in their spans.

    Raises:
        SpecError: something is wrong in it, whatever is chosen of it; or it is a file of blocks.
        OSError: it cannot be opened.
    """
    shown = str(path)
    source = _standard_input() if shown == "-" else read_source(Path(path), shown)
    collector = Collector()
    template = load_template(source, source.place, collector, sources)
    if template is None or collector:
        raise SpecError(collector.problems, sources)
    if template.is_library:
        raise SpecError((EmptyGraph(span=template.span, where="this file of blocks"),), sources)
    return template


def _standard_input() -> SourceFile:
    from archspec.diagnostics.catalog.yaml import from_fault
    from archspec.source.fault import YamlFault

    data = sys.stdin.buffer.read(LONGEST_STDIN + 1)
    try:
        return decode(data, "<stdin>")
    except YamlFault as fault:
        raise ProblemError(from_fault(fault)) from None
