"""Whether an op suits some inputs, also where sizes of these are symbols and may still be anything."""

from __future__ import annotations

from bisect import bisect_left
from itertools import product
from typing import TYPE_CHECKING

from archspec.diagnostics.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archspec.ir.op import Op
    from archspec.ir.sizes import Formula
    from archspec.ir.tensor import TensorType

    Types = tuple[TensorType, ...]

USUAL_SIZES = (7, 14, 32, 64, 224, 512)
"""Sizes that feature maps have."""

_MOST_TRIALS = 2_000
_LARGEST_ROOT = 10_000


def inferred(op: Op, inputs: Types) -> Types | None:
    """Return the types of an op's results; None if it does not suit its inputs, or that cannot be told of symbols."""
    from archspec.ir.sizes import NotFollowedError

    try:
        return op.infer(inputs)
    except (ProblemError, NotFollowedError):
        return None


def may_fit(op: Op, known: Types) -> bool:
    """Tell whether an op suits its inputs for some sizes, in place of those that were guessed.

    What has a single input may always. Of a join, sizes are tried that other inputs have, and usual ones: H never is
    ceil(H/2), but 2H may well be the 28 that the other input has. A size of which nothing is known may be whatever the
    other inputs have there, 2H too.
    """
    if len(known) == 1:
        return True
    like_others = _like_others(known)
    return _fits_for_some(op, known, like_others) or bool(like_others and _fits_for_some(op, known, {}))


def _fits_for_some(op: Op, known: Types, taken: Mapping[str, int]) -> bool:
    """Tell the same, where some symbols are taken for sizes that other inputs have."""
    symbols = sorted({name for size in _formulas(known) for name in size.symbols} - taken.keys())
    values = _candidates(known)
    if len(values) ** len(symbols) > _MOST_TRIALS:
        return True
    for numbers in product(values, repeat=len(symbols)):
        sizes = dict(zip(symbols, numbers, strict=True))
        sizes |= {name: _size_at(size, sizes) for name, size in taken.items()}
        inputs = (tensor.with_shape(*(_size_at(size, sizes) for size in tensor.shape)) for tensor in known)
        if inferred(op, tuple(inputs)) is not None:
            return True
    return False


def _like_others(known: Types) -> dict[str, int]:
    """Return for symbols that stand alone a size that another input has on the same axis."""
    from archspec.ir.sizes import formula_of, symbol

    found: dict[str, int] = {}
    needed: set[str] = set()
    for axis in zip(*(tensor.shape for tensor in known), strict=False):
        names = {name for size in axis for name in formula_of(size).symbols}
        alone = [name for name in sorted(names) if any(formula_of(size) == symbol(name) for size in axis)]
        for name in alone:
            free = [size for size in axis if formula_of(size).symbols.isdisjoint({name, *found})]
            if name not in found and name not in needed and free:
                found[name] = max(free, key=number)
                needed |= formula_of(found[name]).symbols
    return found


def _candidates(known: Types) -> tuple[int, ...]:
    """Return sizes to try: usual ones, and those for which an open size equals one that another input has."""
    fixed = {size for tensor in known for size in tensor.shape if type(size) is int}
    usual = {size for size in (*fixed, *USUAL_SIZES[:3]) if size > 1}
    formulas = [(formula, *formula.symbols) for formula in _formulas(known) if len(formula.symbols) == 1]
    wanted = fixed.union(*({formula.value({name: size}) for size in usual} for formula, name in formulas))
    found = usual.union(*(_roots(formula, name, wanted) for formula, name in formulas))
    return tuple(sorted(found))


def _roots(formula: Formula, name: str, wanted: Iterable[int]) -> Iterator[int]:
    """Yield a size for each number that a formula gives for one; formulas of sizes mostly grow with the size."""

    def value(size: int) -> int:
        return formula.value({name: size})

    for number in wanted:
        place = bisect_left(range(2, _LARGEST_ROOT), number, key=value) + 2
        if value(place) == number:
            yield place


def _formulas(known: Types) -> set[Formula]:
    from archspec.ir.sizes import formula_of

    return {formula_of(size) for tensor in known for size in tensor.shape if type(size) is not int}


def _size_at(size: int, sizes: Mapping[str, int]) -> int:
    from archspec.ir.sizes import formula_of

    return size if type(size) is int else formula_of(size).value(sizes)


def number(size: int) -> int:
    """Return a size as a plain number: the one that was guessed, where it is a symbol."""
    return int.__pos__(size)
