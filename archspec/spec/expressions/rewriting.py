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
    yield (other := _with_our_words(plain))
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
    yield from _closed(plain)
    yield plain.strip().rstrip("+-*/%<>=,.;:\\ ")


def _with_our_words(text: str) -> str:
    """Return an expression with the operators and the conditionals of other languages as they are written here."""
    for old, new in _OPERATORS:
        text = text.replace(old, new)
    text = _WORDS.sub(lambda word: word[0].lower(), text)
    text = re.sub(r" +", " ", text).strip()
    if match := _TERNARY.fullmatch(text):
        return f"{match[2].strip()} if {match[1].strip()} else {match[3].strip()}"
    if match := _THEN.fullmatch(text):
        return f"{match[2]} if {match[1]} else {match[3]}"
    return text


def _closed(text: str) -> Iterator[str]:
    """Yield an expression with as many brackets that close as such that open."""
    for opening, closing in ("()", "[]"):
        missing = text.count(opening) - text.count(closing)
        if missing > 0:
            yield text + closing * missing
        elif missing < 0:
            yield text[::-1].replace(closing, "", -missing)[::-1]
            yield opening * -missing + text
