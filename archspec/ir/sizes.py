"""Sizes that are not fixed: numbers that remember the formula by which they came about.

A network is made at some size, 224 say, and everything is a number then. To find out how its shapes depend on the size,
the shape rules of its ops are run once more on a `Size`: an integer, 224 to whoever asks, that keeps a formula (`H`),
from which arithmetic makes further ones (`ceil(H/2)`), and that notes every comparison that was made with it
(`H - 7 >= 0`). So the rules are written once, on numbers. What holds for the number holds for all sizes for which the
comparisons come out the same: that is concolic execution (Sen, Marinov and Agha, "CUTE: A Concolic Unit Testing Engine
for C", 2005), as torch.export does it too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, SupportsIndex, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Relation: TypeAlias = Literal["==", "<", "<="]


class NotFollowedError(TypeError):
    """Something was done with a size that leaves no formula: what comes out holds for this one number only."""


# ------------------------------------------------------------------------------------------------- formulas


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A part of a formula that is not taken apart further: a symbol, or a division that is rounded down.

    Attributes:
        text: how it is written; what is written alike is equal.
        of: what is divided, or scaled; None for a symbol.
        divisor: what by.
        factor: what it is multiplied with before it is rounded down, where that is no whole number.
    """

    text: str
    of: Formula | None = None
    divisor: int = 1
    factor: float = 1.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def value(self, sizes: Mapping[str, int]) -> int:
        """Return the number that it is for given symbols."""
        if self.of is None:
            return sizes[self.text]
        inner = self.of.value(sizes)
        return math.floor(inner * self.factor) if self.factor != 1 else inner // self.divisor


Product: TypeAlias = "tuple[Atom, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """A sum of products of atoms, each with a whole factor; the empty product is the constant."""

    terms: tuple[tuple[Product, int], ...]
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def constant(self) -> int:
        """The part without symbols."""
        return next((factor for product, factor in self.terms if not product), 0)

    @property
    def is_constant(self) -> bool:
        """Whether there is no other part."""
        return all(not product for product, _ in self.terms)

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols in it."""
        atoms = (atom for product, _ in self.terms for atom in product)
        return frozenset().union(*({atom.text} if atom.of is None else atom.of.symbols for atom in atoms))

    @property
    def divisors(self) -> frozenset[int]:
        """What is divided by: the formula repeats itself, but for a constant, after their least common multiple."""
        atoms = [atom for product, _ in self.terms for atom in product if atom.of is not None]
        return frozenset(atom.divisor for atom in atoms).union(*(atom.of.divisors for atom in atoms if atom.of))

    def value(self, sizes: Mapping[str, int]) -> int:
        """Return the number that it is for given symbols."""
        return sum(factor * math.prod(atom.value(sizes) for atom in product) for product, factor in self.terms)

    def __str__(self) -> str:
        return self.text


def symbol(name: str) -> Formula:
    """Return the formula of a symbol."""
    return _formula({(Atom(name),): 1})


def constant(value: int) -> Formula:
    """Return the formula of a number."""
    return _formula({(): value})


@lru_cache(maxsize=65536)
def added(left: Formula, right: Formula, times: int = 1) -> Formula:
    """Return `left + times * right`."""
    terms = dict(left.terms)
    for product, factor in right.terms:
        terms[product] = terms.get(product, 0) + times * factor
    return _formula(terms)


@lru_cache(maxsize=65536)
def multiplied(left: Formula, right: Formula) -> Formula:
    """Return the product."""
    terms: dict[Product, int] = {}
    for one, a in left.terms:
        for other, b in right.terms:
            product = tuple(sorted((*one, *other), key=lambda atom: atom.text))
            terms[product] = terms.get(product, 0) + a * b
    return _formula(terms)


@lru_cache(maxsize=65536)
def divided(formula: Formula, divisor: int) -> Formula:
    """Return `formula // divisor`, rounded down, in a form in which equal ones are mostly written alike.

    Whole parts are taken out, and a division of a division becomes one: floor((floor(a / b) + c) / d) is
    floor((a + b c) / (b d)).
    """
    if divisor < 0:
        return divided(_times(formula, -1), -divisor)
    whole = {product: factor // divisor for product, factor in formula.terms if product and factor % divisor == 0}
    rest = {product: factor for product, factor in formula.terms if product and factor % divisor}
    if rest and next(iter(_formula(rest).terms))[1] < 0:
        # floor(-x / d) is -ceil(x / d), so that a rounding up is written as one.
        turned = added(_times(_formula(rest), -1), constant(divisor - 1 - formula.constant))
        return added(_formula(whole), divided(turned, divisor), -1)
    common = math.gcd(divisor, *rest.values())
    offset, divisor = formula.constant // common, divisor // common
    inner = {product: factor // common for product, factor in rest.items()}
    if len(inner) == 1:
        ((product, factor),) = inner.items()
        if factor == 1 and len(product) == 1 and product[0].of is not None and product[0].factor == 1:
            atom = product[0]
            joined = added(product[0].of, constant(atom.divisor * offset))
            return added(_formula(whole), divided(joined, atom.divisor * divisor))
    taken, left = divmod(offset, divisor)
    quotient = _formula({**whole, (): taken})
    if not inner:
        return quotient
    if divisor == 1:
        return added(quotient, _formula(inner))
    dividend = _formula({**inner, (): left})
    return added(quotient, _formula({(Atom(_quotient_text(dividend, divisor), dividend, divisor),): 1}))


def _times(formula: Formula, factor: int) -> Formula:
    return _formula({product: factor * each for product, each in formula.terms})


def _formula(terms: Mapping[Product, int]) -> Formula:
    kept = [(product, factor) for product, factor in terms.items() if factor]
    # Products before numbers, symbols before what is made of them: as one would write it.
    kept.sort(key=lambda term: (not term[0], [atom.text for atom in term[0]]))
    return Formula(tuple(kept), _text(kept))


# ------------------------------------------------------------------------------------------------- writing


def _text(terms: Iterable[tuple[Product, int]]) -> str:
    written = ""
    for product, factor in terms:
        size = "*".join([str(abs(factor))] * (abs(factor) != 1 or not product) + [atom.text for atom in product])
        sign = "-" if factor < 0 else "+"
        written += f" {sign} {size}" if written else f"{'-' * (factor < 0)}{size}"
    return written or "0"


def _quotient_text(dividend: Formula, divisor: int) -> str:
    """Return a division that is rounded down as `floor(x/d)`, or as `ceil(y/d)` where y is simpler."""
    rounded_up = added(dividend, constant(divisor - 1), -1)
    if len(rounded_up.terms) < len(dividend.terms):
        return f"ceil({_numerator(rounded_up)}/{divisor})"
    return f"floor({_numerator(dividend)}/{divisor})"


def _numerator(formula: Formula) -> str:
    return f"({formula.text})" if len(formula.terms) > 1 else formula.text


def shown(formula: Formula, known: Mapping[str, tuple[int, int]] | None = None) -> str:
    """Return a formula as short as it can be said.

    Args:
        formula: what to write.
        known: for symbols of which it is known, d and r where the size is always r more than a multiple of d: then
            `ceil(H/2)` is `H/2`.
    """
    atoms = [(product, factor) for product, factor in formula.terms if product]
    if len(atoms) == 1 and atoms[0][1] == 1 and len(atoms[0][0]) == 1 and atoms[0][0][0].divisor > 1:
        (atom,) = atoms[0][0]
        if atom.of is not None:
            exact = _exact(atom.of, atom.divisor, known or {})
            if exact is not None:
                return _as_fraction(added(exact, constant(atom.divisor * formula.constant)), 1, atom.divisor).text
            # A constant beside a division goes into it.
            return _quotient_text(added(atom.of, constant(atom.divisor * formula.constant)), atom.divisor)
    if known and atoms:
        return _text(_with_known(formula, known).terms)
    return formula.text


def _exact(dividend: Formula, divisor: int, known: Mapping[str, tuple[int, int]]) -> Formula | None:
    """Return what is divided without a remainder, if it is known that it leaves the same one always."""
    symbols = [(product[0], factor) for product, factor in dividend.terms if product]
    if any(atom.of is not None or atom.text not in known for atom, _ in symbols):
        return None
    if any(len(product) > 1 for product, _ in dividend.terms):
        return None
    if any(factor * known[atom.text][0] % divisor for atom, factor in symbols):
        return None
    remainder = dividend.value({atom.text: known[atom.text][1] for atom, _ in symbols}) % divisor
    return added(dividend, constant(remainder), -1)


def _fraction(dividend: Formula, divisor: int) -> str:
    return f"{_numerator(dividend)}/{divisor}"


def _with_known(formula: Formula, known: Mapping[str, tuple[int, int]]) -> Formula:
    """Return the formula with each division that is exact written as a fraction."""
    result = constant(0)
    for product, factor in formula.terms:
        exact = [None if atom.of is None else _exact(atom.of, atom.divisor, known) for atom in product]
        if len(product) == 1 and exact[0] is not None:
            common = math.gcd(factor, product[0].divisor)
            result = added(result, _as_fraction(exact[0], factor // common, product[0].divisor // common))
            continue
        atoms = tuple(
            atom if whole is None else Atom(f"({_fraction(whole, atom.divisor)})")
            for atom, whole in zip(product, exact, strict=True)
        )
        result = added(result, _formula({atoms: factor}))
    return result


def _as_fraction(dividend: Formula, factor: int, divisor: int) -> Formula:
    if divisor == 1:
        return _times(dividend, factor)
    whole = constant(0)
    if dividend.constant % divisor == 0:  # (H - 8)/4 is H/4 - 2
        whole = constant(factor * (dividend.constant // divisor))
        dividend = added(dividend, constant(dividend.constant), -1)
    text = _fraction(_times(dividend, abs(factor)), divisor)
    return added(whole, _formula({(Atom(text),): -1 if factor < 0 else 1}))


# ------------------------------------------------------------------------------------------------- sizes


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a formula with zero, and how it came out."""

    formula: Formula
    relation: Relation
    holds: bool

    def test(self, value: int) -> bool:
        """Return whether it comes out the same where the formula has this value."""
        found = value == 0 if self.relation == "==" else value < 0 if self.relation == "<" else value <= 0
        return found == self.holds


@dataclass(slots=True)
class Path:
    """The conditions that decided which way the rules went, in the order in which they were met."""

    conditions: dict[Condition, None] = field(default_factory=dict[Condition, None])

    def note(self, formula: Formula, relation: Relation, *, holds: bool) -> bool:
        """Note how a comparison with zero came out, and return that."""
        if not formula.is_constant:
            self.conditions[Condition(formula, relation, holds)] = None
        return holds


class Size(int):
    """A size that is a number for now, with its formula. See the module's docstring.

    It has no hash: what is looked up in a set or a dictionary is compared with only some of what is in there, so that
    nothing could be noted of the others.
    """

    formula: Formula
    path: Path

    def __new__(cls, value: int, formula: Formula, path: Path) -> Size:  # noqa: PYI034  (Self is of Python 3.11)
        """Make one; `made` returns a plain number where the formula is one."""
        size = super().__new__(cls, value)
        size.formula, size.path = formula, path
        return size

    def __hash__(self) -> int:
        raise NotFollowedError("a size that follows a formula has no hash")

    # ----------------------------------------------------------------------------------------------- arithmetic

    def __add__(self, other: int) -> int:
        return made(int.__add__(self, other), added(self.formula, _of(other)), self.path)

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        return made(int.__sub__(self, other), added(self.formula, _of(other), -1), self.path)

    def __rsub__(self, other: int) -> int:
        return made(int.__rsub__(self, other), added(_of(other), self.formula, -1), self.path)

    def __mul__(self, other: int) -> int:
        return made(int.__mul__(self, other), multiplied(self.formula, _of(other)), self.path)

    __rmul__ = __mul__

    def __neg__(self) -> int:
        return made(int.__neg__(self), _times(self.formula, -1), self.path)

    def __pos__(self) -> int:
        return self

    def __abs__(self) -> int:
        return -self if self < 0 else self

    def __floordiv__(self, other: int) -> int:
        divisor = fixed(other)
        return made(int.__floordiv__(self, divisor), divided(self.formula, divisor), self.path)

    def __mod__(self, other: int) -> int:
        divisor = fixed(other)
        quotient = divided(self.formula, divisor)
        return made(int.__mod__(self, divisor), added(self.formula, quotient, -divisor), self.path)

    def __divmod__(self, other: int) -> tuple[int, int]:
        return self // other, self % other

    def __rfloordiv__(self, other: int) -> int:
        return other // fixed(self)

    def __rmod__(self, other: int) -> int:
        return other % fixed(self)

    def __pow__(self, other: int, modulo: None = None) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        return math.prod([self] * fixed(other))

    def _lost(self, *_: object) -> int:
        raise NotFollowedError("no formula is kept of what is not whole")

    __truediv__ = __rtruediv__ = __rpow__ = __int__ = __float__ = __round__ = _lost  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    # ----------------------------------------------------------------------------------------------- comparisons

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        return self._compare(other, "==", holds=int.__eq__(self, other))

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        return not self == other

    def __lt__(self, other: int) -> bool:
        return self._compare(other, "<", holds=int.__lt__(self, other))

    def __le__(self, other: int) -> bool:
        return self._compare(other, "<=", holds=int.__le__(self, other))

    def __gt__(self, other: int) -> bool:
        return not self <= other

    def __ge__(self, other: int) -> bool:
        return not self < other

    def __bool__(self) -> bool:
        return self != 0

    def _compare(self, other: int, relation: Relation, *, holds: bool) -> bool:
        return self.path.note(added(self.formula, _of(other), -1), relation, holds=holds)


def made(value: int, formula: Formula, path: Path) -> int:
    """Return a number with its formula; a plain one if that does not depend on any symbol."""
    return value if formula.is_constant else Size(value, formula, path)


def _of(size: SupportsIndex) -> Formula:
    if isinstance(size, Size):
        return size.formula
    if not isinstance(size, int):
        raise NotFollowedError("no formula is kept of what is not whole")
    return constant(int(size))


def formula_of(size: int) -> Formula:
    """Return the formula of a size; that of a plain number is the number."""
    return _of(size)


def fixed(size: int) -> int:
    """Return a size as a plain number, for what can only be done with one, such as counting up to it.

    What comes of it holds for this number only, which is noted.
    """
    if not isinstance(size, Size):
        return size
    value = int.__pos__(size)
    size.path.note(added(size.formula, constant(value), -1), "==", holds=True)
    return value


def scaled(size: int, factor: float) -> int:
    """Return `floor(size * factor)`, computed in floating point as PyTorch does."""
    if float(factor).is_integer():
        return size * int(factor)
    if not isinstance(size, Size):
        return math.floor(size * factor)
    value = math.floor(int.__pos__(size) * factor)
    text = f"floor({factor!r}*{_numerator(size.formula)})"
    return made(value, _formula({(Atom(text, size.formula, factor=factor),): 1}), size.path)
