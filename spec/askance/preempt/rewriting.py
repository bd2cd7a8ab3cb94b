"""Rewriting a module's syntax tree: a scheduling point before each read and each write of what threads may share.

Shared are attributes, items, containers whose methods are called, and the names that some function declares `global`
or `nonlocal`. `self.n = self.n + 1` becomes, in effect,

    value = read(self, "n").n + 1
    write(self, "n"); self.n = value

so that another strand can run in between, as the interpreter allows. `read` gives its argument back, so the compiler
still sees the same attribute (private names included), and every new node has the line of the one it stands for, so
tracebacks stay right. A statement that touches nothing shared gets a point before it: what it calls may.
"""

from __future__ import annotations

import ast

from askance.preempt.nodes import (
    call,
    copied_to_read,
    forgotten,
    functions,
    part_name,
    placed,
    shared_names,
    stored,
)

READ = "__askance_read__"
WRITE = "__askance_write__"
ACCESS = "__askance_access__"
STATEMENT = "__askance_statement__"
VALUE = "__askance_value_"


def rewrite(tree: ast.Module) -> ast.Module:
    """The same module with scheduling points in every function; module and class level statements stay as they are."""
    return ast.fix_missing_locations(_Rewriter(shared_names(tree)).module(tree))


class _Rewriter(ast.NodeTransformer):
    """Rewrites the functions of one module. `points` counts the accesses found in the statement at hand."""

    def __init__(self, shared: frozenset[str]) -> None:
        self.shared = shared
        self.points = 0
        self.values = 0

    def module(self, tree: ast.Module) -> ast.Module:
        """Rewrite functions wherever they are; leave what runs at import."""
        tree.body = [self._outer(statement) for statement in tree.body]
        return tree

    def _outer(self, statement: ast.stmt) -> ast.stmt:
        for node in functions(statement):
            if isinstance(node, ast.Lambda):
                node.body = self.visit(node.body)
            else:
                node.body = self._function_body(node)
        return statement

    def _function_body(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
        body = node.body
        first = body[0]
        has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        kept = body[:1] if has_docstring and isinstance(first.value.value, str) else []  # type: ignore[attr-defined]
        return kept + self._block(body[len(kept) :])

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [new for statement in body for new in self._statement(statement)]

    # ------------------------------------------------------------ statements

    def _statement(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statement rewritten, with what has to come before it."""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            statement.body = self._function_body(statement)
            statement.decorator_list = [self.visit(decorator) for decorator in statement.decorator_list]
            self._defaults(statement.args)
            return [statement]
        if isinstance(statement, ast.ClassDef):
            return [self._outer(statement)]
        if isinstance(statement, ast.Global | ast.Nonlocal | ast.Pass | ast.Import | ast.ImportFrom):
            return [statement]
        self.points = 0
        if isinstance(statement, ast.AugAssign):
            new = self._augmented(statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Delete):
            new = self._assignment(statement)
        else:
            self._compound(statement)
            new = [statement]
        if self.points == 0 or not isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
            new.insert(0, placed(ast.Expr(call(STATEMENT, statement)), statement))
        return new

    def _compound(self, statement: ast.stmt) -> None:
        """Rewrite the expressions of a statement in place, and the blocks inside it."""
        for name, value in ast.iter_fields(statement):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                points = self.points
                setattr(statement, name, self._block(value))
                self.points = points
            elif isinstance(value, list):
                setattr(statement, name, [self._part(item) for item in value])
            elif isinstance(value, ast.expr):
                setattr(statement, name, self.visit(value))

    def _part(self, item: object) -> object:
        if isinstance(item, ast.expr):
            return self.visit(item)
        if isinstance(item, ast.ExceptHandler | ast.match_case):
            if isinstance(item, ast.match_case) and item.guard is not None:
                item.guard = self.visit(item.guard)
            points = self.points
            item.body = self._block(item.body)
            self.points = points
        elif isinstance(item, ast.withitem):
            item.context_expr = self.visit(item.context_expr)
        return item

    def _assignment(self, statement: ast.Assign | ast.AnnAssign | ast.Delete) -> list[ast.stmt]:
        """One target after the other, from left to right, as the interpreter does: each may use what came before it."""
        if isinstance(statement, ast.AnnAssign):
            if statement.value is None:
                return [statement]
            targets: list[ast.expr] = [statement.target]
        else:
            targets = statement.targets
        if not any(self._is_shared(place) for target in targets for place in stored(target)):
            if not isinstance(statement, ast.Delete) and statement.value is not None:
                statement.value = self.visit(statement.value)
            return [statement]
        kept: list[str] = []
        new: list[ast.stmt] = []
        if isinstance(statement, ast.Delete):
            for target in targets:
                for place in stored(target):
                    self._touch(place, new, kept, statement)
                    new.append(placed(ast.Delete([place]), statement))
        elif len(targets) == 1 and not isinstance(targets[0], ast.Tuple | ast.List):
            assert statement.value is not None
            statement.value = self._kept(statement.value, new, kept, statement)
            self._touch(targets[0], new, kept, statement)
            new.append(statement)
        else:
            assert isinstance(statement, ast.Assign)
            value = self._kept(statement.value, new, kept, statement, names=True)
            for target in targets:
                self._store(target, value, new, kept, statement)
        return [*new, *forgotten(kept, statement)]

    def _store(
        self, target: ast.expr, value: ast.expr, new: list[ast.stmt], kept: list[str], like: ast.stmt
    ) -> None:
        """Assign `value`, which is a name or a constant, to one target, its parts one by one."""
        if isinstance(target, ast.Tuple | ast.List) and any(
            self._is_shared(place) for place in stored(target)
        ):
            parts = []
            names: list[ast.expr] = []
            for element in target.elts:
                starred = isinstance(element, ast.Starred)
                parts.append(element.value if isinstance(element, ast.Starred) else element)
                name: ast.expr = ast.Name(self._new_name(kept), ast.Store())
                names.append(ast.Starred(name, ast.Store()) if starred else name)
            unpacked = ast.Assign([ast.Tuple(names, ast.Store())], copied_to_read(value))
            new.append(placed(unpacked, like))
            for part, held in zip(parts, kept[-len(parts) :] if parts else [], strict=True):
                self._store(part, placed(ast.Name(held, ast.Load()), like), new, kept, like)
            return
        if self._is_shared(target):
            self._touch(target, new, kept, like)
        new.append(placed(ast.Assign([target], copied_to_read(value)), like))

    def _touch(self, place: ast.expr, new: list[ast.stmt], kept: list[str], like: ast.stmt) -> None:
        """The point before a write, or a deletion, where the place is one that threads may share."""
        if self._is_shared(place):
            self._keep_parts(place, new, kept, like)
            new.append(self._write(place, like))

    def _keep_parts(
        self,
        place: ast.expr,
        new: list[ast.stmt],
        kept: list[str],
        like: ast.stmt,
        *,
        names: bool = False,
    ) -> None:
        """The object, and the item's key, are evaluated once, before the point that names them."""
        if isinstance(place, ast.Attribute | ast.Subscript):
            place.value = self._kept(place.value, new, kept, like, names=names)
        if isinstance(place, ast.Subscript):
            place.slice = self._kept_key(place.slice, new, kept, like, names=names)

    def _kept_key(
        self, key: ast.expr, new: list[ast.stmt], kept: list[str], like: ast.stmt, *, names: bool
    ) -> ast.expr:
        """A key whose parts are kept; slices, which are no values by themselves, keep their shape."""
        if isinstance(key, ast.Slice):
            bounds = (
                None if bound is None else self._kept(bound, new, kept, like, names=names)
                for bound in (key.lower, key.upper, key.step)
            )
            return placed(ast.Slice(*bounds), key)
        if isinstance(key, ast.Tuple) and any(isinstance(element, ast.Slice) for element in key.elts):
            key.elts = [
                ast.Starred(self._kept(element.value, new, kept, like, names=names), ast.Load())
                if isinstance(element, ast.Starred)
                else self._kept_key(element, new, kept, like, names=names)
                for element in key.elts
            ]
            return placed(key, like)
        return self._kept(key, new, kept, like, names=names)

    def _augmented(self, statement: ast.AugAssign) -> list[ast.stmt]:
        """`o.n += e`: read, then compute in place, then write."""
        target = statement.target
        if not self._is_shared(target):
            statement.value = self.visit(statement.value)
            return [statement]
        kept: list[str] = []
        new: list[ast.stmt] = []
        # The value may rebind the very names that lead to the place.
        names = any(isinstance(part, ast.NamedExpr) for part in ast.walk(statement.value))
        self._keep_parts(target, new, kept, statement, names=names)
        loaded = self.visit(copied_to_read(target))
        name = self._new_name(kept)
        new.append(placed(ast.Assign([ast.Name(name, ast.Store())], loaded), statement))
        value = self.visit(statement.value)
        new.append(placed(ast.AugAssign(ast.Name(name, ast.Store()), statement.op, value), statement))
        new.append(self._write(target, statement))
        new.append(placed(ast.Assign([target], ast.Name(name, ast.Load())), statement))
        return [*new, *forgotten(kept, statement)]

    def _kept(
        self,
        expression: ast.expr,
        new: list[ast.stmt],
        kept: list[str],
        like: ast.stmt,
        *,
        names: bool = False,
    ) -> ast.expr:
        """The expression's value under a name of its own; constants, and names that nobody rebinds, are that already.

        `names`: what is assigned may rebind them, so that they are kept as well.
        """
        if isinstance(expression, ast.Constant):
            return expression
        if isinstance(expression, ast.Name) and expression.id not in self.shared and not names:
            return expression
        name = self._new_name(kept)
        new.append(placed(ast.Assign([ast.Name(name, ast.Store())], self.visit(expression)), like))
        return placed(ast.Name(name, ast.Load()), like)

    def _new_name(self, kept: list[str]) -> str:
        name = f"{VALUE}{self.values}__"
        self.values += 1
        kept.append(name)
        return name

    # ------------------------------------------------------------ places

    def _is_shared(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Name):
            return target.id in self.shared
        return isinstance(target, ast.Attribute | ast.Subscript)

    def _write(self, target: ast.expr, like: ast.stmt) -> ast.stmt:
        """The point before a write; the object is a name by now."""
        self.points += 1
        if isinstance(target, ast.Name):
            where: tuple[ast.expr, ast.expr] = (ast.Constant(None), ast.Constant(target.id))
        else:
            assert isinstance(target, ast.Attribute | ast.Subscript)
            where = (copied_to_read(target.value), ast.Constant(part_name(target)))
        return placed(ast.Expr(call(WRITE, like, *where)), like)

    # ------------------------------------------------------------ expressions

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`o.a` read."""
        node.value = self.visit(node.value)
        if isinstance(node.ctx, ast.Load):
            self.points += 1
            node.value = call(READ, node, node.value, ast.Constant(node.attr))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`o[i]` read."""
        node.value = self.visit(node.value)
        node.slice = self.visit(node.slice)
        if isinstance(node.ctx, ast.Load):
            self.points += 1
            node.value = call(READ, node, node.value, ast.Constant(part_name(node)))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name that some function declares `global` or `nonlocal`, read."""
        if isinstance(node.ctx, ast.Load) and node.id in self.shared:
            self.points += 1
            # The point comes first, then the value: (point, value)[1].
            point = call(READ, node, ast.Constant(None), ast.Constant(node.id))
            both = ast.Tuple([point, node], ast.Load())
            return placed(ast.Subscript(both, ast.Constant(1), ast.Load()), node)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        """`(name := value)`, where some function declares the name `global` or `nonlocal`."""
        node.value = self.visit(node.value)
        if node.target.id in self.shared:
            self.points += 1
            # The value comes first, then the point: (value, point)[0].
            point = call(WRITE, node, ast.Constant(None), ast.Constant(node.target.id))
            both = ast.Tuple([node.value, point], ast.Load())
            node.value = ast.Subscript(both, ast.Constant(0), ast.Load())
        return placed(node, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`o.method(...)`: a method is no shared state; the container that it changes is, or what `o` keeps to call."""
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
            node.func.value = call(ACCESS, node.func, node.func.value, ast.Constant(node.func.attr))
        else:
            node.func = self.visit(node.func)
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """A function without statements."""
        node.body = self.visit(node.body)
        self._defaults(node.args)
        return node

    def _defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.visit(default) for default in arguments.kw_defaults]

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """The parts of an f-string keep their shape."""
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                value.value = self.visit(value.value)
                if value.format_spec is not None:
                    value.format_spec = self.visit(value.format_spec)
        return node
