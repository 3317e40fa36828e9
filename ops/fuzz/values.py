"""Values as a stranger may send them: texts that hurt somebody further on, numbers beyond every measure, and shapes gone slightly wrong."""

from __future__ import annotations

import enum
from typing import Any

import msgspec
from hypothesis import strategies as st

HOSTILE = (
    "",
    "\0",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b2J",
    "\u202eevil",
    "\ud800",
    "'; DROP TABLE calls; --",
    "%s%n%(x)s{0}{x}",
    "<script>alert(1)</script>",
    "[/red][link=x]",
    "${SHELL(id)}",
    "a,b&c|d^e",
    "\r\nX-Injected: 1\r\n\r\n",
    "../../etc/passwd",
    "+380671234567",
    "0" * 300,
    "я" * 5_000,
    "NaN",
    "1e999",
    "٣",
    "１２",
    "²",
    "İ",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=[]), max_size=30))
numbers = st.one_of(
    st.integers(-3, 300),
    st.integers(),
    st.sampled_from([2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30]),
    st.floats(allow_nan=False, allow_infinity=False),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
junk: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=10
)
"""Anything that JSON can hold."""


def mostly(right: st.SearchStrategy[Any], wrong: st.SearchStrategy[Any] = junk) -> st.SearchStrategy[Any]:
    """Wrong in one of ten."""
    return st.integers(0, 9).flatmap(lambda dice: wrong if dice == 9 else right)


def shaped(kind: type[msgspec.Struct], *, tagged: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Objects as *kind* is read from, each field mostly of its type, some missing, some unknown."""
    return _object(msgspec.inspect.type_info(kind), tagged)


def _object(info: Any, tagged: bool) -> st.SearchStrategy[dict[str, Any]]:
    required = {one.encode_name: mostly(_of(one.type)) for one in info.fields if one.required}
    optional = {one.encode_name: mostly(_of(one.type)) for one in info.fields if not one.required}
    tag = {info.tag_field: st.just(info.tag)} if tagged and info.tag_field else {}
    whole = st.fixed_dictionaries({**tag, **required}, optional=optional)
    return mostly(whole, st.builds(lambda one, more: {**one, **more}, whole, st.dictionaries(texts, junk, max_size=2)))


def _of(info: Any) -> st.SearchStrategy[Any]:
    match info:
        case msgspec.inspect.StructType():
            return st.deferred(lambda: _object(info, tagged=True))
        case msgspec.inspect.UnionType():
            return st.one_of([_of(one) for one in info.types])
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType() | msgspec.inspect.CollectionType():
            return st.lists(_of(info.item_type), max_size=4)
        case msgspec.inspect.DictType():
            return st.dictionaries(texts, _of(info.value_type), max_size=4)
        case msgspec.inspect.LiteralType():
            return st.sampled_from(info.values)
        case msgspec.inspect.EnumType():
            return st.sampled_from([member.value for member in info.cls if isinstance(member, enum.Enum)])
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType():
            return st.integers(0, 100) | numbers
        case msgspec.inspect.FloatType():
            return numbers
        case msgspec.inspect.StrType():
            return texts
        case msgspec.inspect.NoneType():
            return st.none()
        case _:
            return st.one_of(texts, st.sampled_from(["2026-11-24", "10:30", "25:00", "2026-11-24T10:30:00+02:00"]), junk)
