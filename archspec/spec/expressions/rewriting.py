"""Expressions in other languages' words, written in those of this one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archspec.diagnostics.text import in_ascii

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPERATORS = (
    *(("===", "=="), ("!==", "!="), ("<>", "!="), ("=>", ">="), ("=<", "<="), (":=", "==")),
    *(("&&", " and "), ("||", " or "), ("!=", "\0"), ("!", "not "), ("\0", "!="), ("^", " ** ")),
)
_TERNARY = re.compile(r"(.+?)\?(.+?):(.+)")
_THEN = re.compile(r"if\s+(.+?)\s*(?:\bthen\b|:)\s*(.+?)\s*\belse\b:?\s*(.+)")
_WRAPPED = re.compile(r"""[fF]?(["'])?(?:\$?\{\{?|<|%\()\s*(?P<inner>[\w.\[\]]+)\s*(?:\}\}?|>|\)[sd])\1""")
_GROUPED = re.compile(r"(?<=\d)_(?=\d)")
_SUFFIX = re.compile(r"(?<=[\d.])[fFdLl]\b")
_BY = re.compile(r"\d+(?:\s*[xX]\s*\d+)+")
_WORDS = re.compile(r"\b(AND|OR|NOT|IN|IF|ELSE|TRUE|FALSE)\b")


def rewritings(text: str) -> Iterator[str]:
    """Yield what an expression that cannot be read may mean, the likeliest first; some cannot be read either."""
    plain = in_ascii(text)
    yield plain
    other = plain
    for old, new in _OPERATORS:
        other = other.replace(old, new)
    other = _WORDS.sub(lambda word: word[0].lower(), other)
    other = re.sub(r" +", " ", other).strip()
    if match := _TERNARY.fullmatch(other):
        other = f"{match[2].strip()} if {match[1].strip()} else {match[3].strip()}"
    elif match := _THEN.fullmatch(other):
        other = f"{match[2]} if {match[1]} else {match[3]}"
    yield other
    yield re.sub(r"(?<![=!<>])=(?!=)", "==", other)
    if match := _WRAPPED.fullmatch(plain.strip()):
        yield match["inner"]
    yield _SUFFIX.sub("", _GROUPED.sub("", plain))
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", plain.strip()):
        yield f"{float(match[1]) / 100:g}"
    if _BY.fullmatch(plain.strip()) or re.fullmatch(r"\d+(\s+\d+)+", plain.strip()):
        yield f"[{', '.join(re.findall(r'[0-9]+', plain))}]"
    yield re.sub(r"(?<=[\w)])\s+[xX]\s+(?=[\w(])", " * ", plain)
    yield re.sub(r"(?<![\w.])(\d+)\s*(?=[A-Za-z_(])(?!(?:if|else|and|or|in|not)\b)", r"\1 * ", plain)
    yield re.sub(r"(?<=[A-Za-z_])\.(\d+)", r"[\1]", plain)
    for opening, closing in ("()", "[]"):
        missing = plain.count(opening) - plain.count(closing)
        if missing > 0:
            yield plain + closing * missing
        elif missing < 0:
            yield plain[::-1].replace(closing, "", -missing)[::-1]
            yield opening * -missing + plain
    yield plain.strip().rstrip("+-*/%<>=,.;:\\ ")
