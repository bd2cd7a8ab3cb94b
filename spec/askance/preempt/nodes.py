"""Nodes of a syntax tree, as the rewriting of modules needs them: found, made, placed and copied."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import TypeVar

ANY_ITEM = "[]"

Node = TypeVar("Node", bound=ast.AST)


def shared_names(tree: ast.Module) -> frozenset[str]:
    """Names that some function rebinds outside of itself."""
    return frozenset(
        name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    )


def call(function: str, like: ast.AST, *arguments: ast.expr) -> ast.Call:
    """A call of the function of that name, at the place of `like`."""
    made = ast.Call(ast.Name(function, ast.Load()), list(arguments), [])
    return placed(made, like)


def placed(node: Node, like: ast.AST) -> Node:
    """`node` and all of its parts that have no place of their own get that of `like`."""
    for part in ast.walk(node):
        if isinstance(part, ast.expr | ast.stmt) and not hasattr(part, "lineno"):
            ast.copy_location(part, like)
    return node


def forgotten(kept: list[str], like: ast.stmt) -> list[ast.stmt]:
    """Nothing lives longer for having been kept."""
    return [placed(ast.Delete([ast.Name(name, ast.Del()) for name in kept]), like)] if kept else []


def functions(statement: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    """The outermost functions in a statement that is not in a function itself."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        yield statement
        # What is evaluated where it is defined, and not where it is called.
        arguments = statement.args
        inside: list[ast.expr] = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        inside += [] if isinstance(statement, ast.Lambda) else statement.decorator_list
        for part in inside:
            yield from functions(part)
        return
    for child in ast.iter_child_nodes(statement):
        yield from functions(child)


def stored(target: ast.expr) -> Iterator[ast.expr]:
    """The single places in an assignment's target."""
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from stored(element)
    elif isinstance(target, ast.Starred):
        yield from stored(target.value)
    else:
        yield target


def part_name(node: ast.Attribute | ast.Subscript) -> str:
    """What the trace calls the attribute or item."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return f"[{node.slice.value!r}]" if isinstance(node.slice, ast.Constant) else ANY_ITEM


def copied_to_read(node: ast.expr) -> ast.expr:
    """The same expression, to be read."""
    copied = copy.deepcopy(node)
    if isinstance(copied, ast.Attribute | ast.Subscript | ast.Name):
        copied.ctx = ast.Load()
    return copied
