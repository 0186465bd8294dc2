"""Ops made of module classes of the user's own: `op: mypackage.layers:CBAM`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import create_model

from archspec.diagnostics.catalog.custom import CannotImport, ModuleFails, NoOnnxForm
from archspec.diagnostics.problem import ProblemError
from archspec.ir.declared import Declared, declared_for
from archspec.ir.fields import LARGEST_INTEGER
from archspec.ir.kept import Kept
from archspec.ir.op import Op
from archspec.ir.records import Arg, TorchModule
from archspec.ir.tensor import TensorType
from archspec.ir.window import Nothing, Resample, TransposedWindow, Whole, Window
from archspec.ops.custom_parameters import NoFieldError, defaults_of, fields_of
from archspec.spec.models import NodeLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from archspec.ir.records import OnnxNode, ParameterSpec
    from archspec.ir.window import AxisMap

_CHANNELS = ("out_channels", "out_features", "out_dim", "out_chs")
_MAPS = (Window, TransposedWindow, Resample, Whole, Nothing)


@dataclass(slots=True)
class Imported:
    """A class, and what is known of it and its instances.

    Attributes:
        cls: the class.
        module: the module that it is imported from.
        name: what it is called there.
        declared: the rules declared for it.
        defaults: the defaults of all parameters of its constructor.
        made: an instance on the meta device for each combination of arguments, with its tensors.
        results: what such an instance gives, by the arguments and the types of the inputs.
    """

    cls: type
    module: str
    name: str
    declared: Declared
    defaults: dict[str, Any]
    made: dict[str, tuple[Any, tuple[ParameterSpec, ...]]] = field(default_factory=dict[str, Any])
    results: dict[tuple[str, tuple[TensorType, ...]], tuple[TensorType, ...]] = field(default_factory=dict[Any, Any])


class CustomOp(Op):
    """A module class of the user's own. Each has a subclass, whose parameters are those of the constructor."""

    is_random: ClassVar[bool] = True  # it may be, so the order of steps stays
    follows_sizes: ClassVar[bool] = False  # its rule is somebody else's, or PyTorch is asked
    imported: ClassVar[Imported]

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        known = self.imported.results
        key = (self._key(), inputs)
        if key not in known:
            self._instance()
            found = self._tried(inputs) if self.imported.declared.shape is None else self._declared(inputs)
            self._check_rules(inputs, found)
            known[key] = found
        return known[key]

    def results(self, inputs: tuple[TensorType, ...]) -> tuple[str, ...]:
        found = self.infer(inputs)
        return tuple(map(str, range(len(found)))) if len(found) > 1 else ()

    def windows(self, inputs: tuple[TensorType, ...], index: int = 0) -> tuple[AxisMap, ...]:
        axes = len(inputs[index].spatial)
        rule = self.imported.declared.windows
        maps = (Whole(),) * axes if rule is None else self._asked(rule, "windows", inputs)
        if not isinstance(maps, list | tuple) or not all(isinstance(each, _MAPS) for each in maps):
            raise self._fails("the rule for windows", f"it gives {maps!r}, not a list of windows")
        return tuple(maps) if len(maps) == axes else (Whole(),) * axes

    def parameters(self, inputs: tuple[TensorType, ...]) -> tuple[ParameterSpec, ...]:
        return self._instance()[1]

    def macs(self, inputs: tuple[TensorType, ...]) -> int:
        rule = self.imported.declared.macs
        found = 0 if rule is None else self._asked(rule, "macs", inputs)
        if type(found) is not int or found < 0:
            raise self._fails("the rule for macs", f"it gives {found!r}, not a number of at least 0")
        return found

    def channels_from(self) -> str | None:
        return next((name for name in _CHANNELS if name in type(self).model_fields), None)

    def kept(self, inputs: tuple[TensorType, ...], wanted: tuple[bool, ...]) -> Kept:
        """Return a guess: what it reads and what it gives."""
        return Kept(tuple(range(len(inputs))), results=True)

    def torch(self, inputs: tuple[TensorType, ...]) -> TorchModule:
        # What the spec gives is written, whatever the default: how its type compares (is (3, 3) the same as 3?) only
        # the module knows.
        args = tuple(Arg(name, value, source=name) for name, value in self._arguments().items())
        wrap = ", ".join(f"{{{index}}}" for index in range(len(inputs)))
        return TorchModule(
            self.imported.name,
            args,
            wrap=wrap,
            output_is_saved=True,
            origin=self.imported.module,
            results=len(self.infer(inputs)),
        )

    def onnx(self, inputs: tuple[TensorType, ...]) -> tuple[OnnxNode, ...]:
        raise ProblemError(NoOnnxForm(op=self.op))

    # ----------------------------------------------------------------------------------------------- the module

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments that the spec gives, in the order of the constructor; lists as tuples."""
        given = self.model_fields_set
        return {name: _frozen(getattr(self, name)) for name in type(self).model_fields if name in given}

    def _key(self) -> str:
        return repr(self._arguments())

    def _instance(self) -> tuple[Any, tuple[ParameterSpec, ...]]:
        """Return the module on the meta device, and its tensors."""
        from archspec.ops.custom_trial import TrialError, made, tensors_of

        known, key = self.imported.made, self._key()
        if key not in known:
            try:
                module = made(self.imported.cls, self._arguments())
                known[key] = (module, tensors_of(module))
            except TrialError as error:
                raise self._fails("the constructor", str(error)) from error
        return known[key]

    def _tried(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        from archspec.ops.custom_trial import TrialError, results_of

        try:
            return results_of(self._instance()[0], inputs)
        except TrialError as error:
            raise self._fails("forward", str(error)) from error

    # ----------------------------------------------------------------------------------------------- declared rules

    def _declared(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        assert self.imported.declared.shape is not None
        found = self._asked(self.imported.declared.shape, "shape", inputs)
        shapes = [found] if _is_shape(found) else found
        if not isinstance(shapes, list | tuple) or not shapes or not all(map(_is_shape, shapes)):
            raise self._fails("the rule for shape", f"it gives {found!r}, not a shape or a list of shapes")
        dtype = inputs[0].dtype if "float" in inputs[0].dtype else "float32"
        return tuple(TensorType(tuple(shape), dtype) for shape in shapes)

    def _asked(self, rule: Callable[..., Any], what: str, inputs: tuple[TensorType, ...]) -> Any:
        """Return what a declared rule says."""
        arguments = {**self.imported.defaults, **self._arguments()}
        try:
            return rule(tuple(tensor.shape for tensor in inputs), arguments)
        except Exception as error:
            from archspec.ops.custom_trial import said

            own_words = str(error).strip().splitlines()[:1] if isinstance(error, ValueError) else []
            raise self._fails(f"the rule for {what}", (own_words or [said(error)])[0]) from error

    def _check_rules(self, inputs: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> None:
        """Ask the other rules once, so that what is wrong with them is found where the node stands."""
        self.macs(inputs)
        for index, tensor in enumerate(inputs):
            maps = self.windows(inputs, index)
            for axis, size, given in zip(maps, tensor.spatial, results[0].spatial, strict=False):
                if isinstance(axis, Window | TransposedWindow) and axis.output(size) != given:
                    reason = f"{axis} makes {axis.output(size)} of {size}, where the result has {given}"
                    raise self._fails("the rule for windows", reason)

    def _fails(self, doing: str, reason: str) -> ProblemError:
        return ProblemError(ModuleFails(op=self.op, doing=doing, reason=reason))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _is_shape(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) and len(value) > 0
    return is_list and all(type(size) is int and 0 < size <= LARGEST_INTEGER for size in value)


def _is_reserved(name: str) -> bool:
    """Tell whether no parameter can be called so: it means something to specs, or to ops here."""
    return name in NodeLevel.known() or hasattr(CustomOp, name) or name.startswith(("_", "model_"))


@lru_cache(maxsize=1024)
def custom_op(path: str, cls: type) -> type[CustomOp]:
    """Return the op that a module class is, which specs call by `path`.

    Raises:
        ProblemError: no op can be made of it.
    """
    from archspec.ops.custom_trial import TrialError, arity_of

    module, _, name = path.partition(":")
    try:
        arity, fields = arity_of(cls), fields_of(cls, _is_reserved)
    except (TrialError, NoFieldError) as error:
        raise ProblemError(CannotImport(name=path, reason=str(error))) from error
    made: type[CustomOp] = create_model(name, __base__=CustomOp, __module__=module, **fields)  # type: ignore[call-overload]
    made.op, made.arity = path, arity
    made.imported = Imported(cls, module, name, declared_for(cls), defaults_of(cls))
    return made
