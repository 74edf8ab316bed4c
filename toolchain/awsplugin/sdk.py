"""What the installed `pulumi_aws` says about tokens, property names and shapes.

Read on the first use of a type only: the answers are kept by `bindings`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from toolchain.awsplugin.names import snake

_MODULES: Final = re.compile(r'resource_modules="""(.*?)"""', re.DOTALL)
_INVOKE: Final = re.compile(r"runtime\.invoke(?:_output)?\('(aws:[^']+)'")
_ARGUMENT: Final = re.compile(r"__args__\['(\w+)'\]")
_NESTING_LIMIT: Final = 8


def version() -> str:
    """The version of the installed SDK."""
    return importlib.metadata.version("pulumi-aws")


@dataclass(frozen=True, slots=True)
class Shape:
    """How the SDK sees a value: a list, a map, an object of named properties, or a scalar."""

    kind: str
    inner: Any = None

    def properties(self) -> dict[str, Any]:
        """Annotations by Pulumi name, where this is an object."""
        return _properties(self.inner) if self.kind == "object" else {}


def shape(annotation: Any) -> Shape:
    """The shape behind a property's annotation, through Optional, Output and unions."""
    for _ in range(_NESTING_LIMIT):
        origin, args = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Union:
            present = [item for item in args if item is not type(None)]
            objects = [item for item in present if _is_object(item)]
            annotation = (objects or present)[0]
        elif getattr(origin, "__name__", "") == "Output":
            annotation = args[0]
        else:
            break
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Shape("map", args[1] if len(args) > 1 else str)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return Shape("list", args[0] if args else str)
    if _is_object(annotation):
        return Shape("object", annotation)
    return Shape("scalar")


def _is_object(annotation: Any) -> bool:
    from pulumi import _types

    return isinstance(annotation, type) and (
        _types.is_output_type(annotation) or _types.is_input_type(annotation)
    )


@functools.cache
def _properties(cls: type) -> dict[str, Any]:
    from pulumi import _types

    read = _types.input_type_types if _types.is_input_type(cls) else _types.output_type_types
    return dict(read(cls))


class Sdk:
    """The SDK's resources and functions."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("pulumi_aws")
        if spec is None or spec.origin is None:
            msg = "pulumi_aws is not installed beside this plugin; install the project's packages"
            raise ModuleNotFoundError(msg)
        self._root = Path(spec.origin).parent

    @functools.cached_property
    def resources(self) -> dict[str, tuple[str, str]]:
        """Token -> module and class of every resource."""
        found = _MODULES.search((self._root / "__init__.py").read_text())
        modules = json.loads(found.group(1)) if found else []
        return {
            token: (module["fqn"], name)
            for module in modules
            for token, name in module["classes"].items()
        }

    def provider_properties(self) -> dict[str, Any]:
        """Annotations by Pulumi name of the provider's own configuration."""
        return _properties(importlib.import_module("pulumi_aws.provider").ProviderArgs)

    def resource_properties(self, token: str) -> dict[str, Any]:
        """Annotations by Pulumi name of everything a resource shows."""
        from pulumi import _types

        return dict(_types.resource_types(self._class(token)))

    def required(self, token: str) -> frozenset[str]:
        """Pulumi names of the inputs that a program must give."""
        from pulumi import _types

        cls = self._class(token)
        module = importlib.import_module(cls.__module__)
        args = getattr(module, f"{cls.__name__}Args", None)
        if args is None:
            return frozenset()
        names = _types.input_type_py_to_pulumi_names(args)
        # The decorator wraps the constructor; the one that was written holds the defaults.
        parameters = inspect.signature(args).parameters.values()
        needed = [p.name for p in parameters if p.default is inspect.Parameter.empty]
        return frozenset(names.get(name, name) for name in needed)

    def function_properties(self, token: str) -> dict[str, Any]:
        """Annotations by Pulumi name of a function's result, and its arguments."""
        path = self._function_file(token)
        name = token.rpartition(":")[2]
        relative = path.relative_to(self._root).with_suffix("")
        module = importlib.import_module(".".join(("pulumi_aws", *relative.parts)))
        result = getattr(module, f"{name[:1].upper()}{name[1:]}Result")
        arguments = dict.fromkeys(_ARGUMENT.findall(path.read_text()))
        return {**arguments, **_properties(result)}

    def has_function(self, token: str) -> bool:
        """Whether the SDK knows a function of this token."""
        try:
            self._function_file(token)
        except LookupError:
            return False
        return True

    def _class(self, token: str) -> type:
        module, name = self.resources[token]
        cls: type = getattr(importlib.import_module(module), name)
        return cls

    @functools.cache  # noqa: B019 - one instance lives as long as the process
    def _function_file(self, token: str) -> Path:
        module = token.split(":")[1].split("/")[0]
        folders = [self._root / module, self._root / f"{module}_", self._root / snake(module)]
        folder = next((f for f in folders if f.is_dir()), self._root)
        guess = folder / f"{snake(token.rpartition(':')[2])}.py"
        for path in [guess, *sorted(folder.glob("get_*.py"))]:
            if path.is_file() and token in _INVOKE.findall(path.read_text()):
                return path
        msg = f"{token}: the installed pulumi_aws {version()} has no such function"
        raise LookupError(msg)
