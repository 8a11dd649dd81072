"""A name-to-class table that a folder of files fills by itself."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from aecore.errors import UnknownName

T = TypeVar("T", bound=type)


class Registry(Mapping[str, T], Generic[T]):
    """Classes by name, in the order of their names; read-only once its folder is imported.

    >>> variants = Registry("variant")
    >>> @variants.register("linear")
    ... class Linear: ...
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}
        self._families: dict[str, Callable[[str], T]] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator. Raises ValueError where another class has the name already."""

        def add(entry: T) -> T:
            held = self._entries.get(name)
            # A hot reload defines the same class anew: that replaces it, anything else collides.
            if held is not None and held.__qualname__ != entry.__qualname__:
                raise ValueError(f"{self.kind} {name!r} is already {held.__qualname__}")
            self._entries[name] = entry
            entry.name = name  # type: ignore[attr-defined]
            return entry

        return add

    def family(self, prefix: str, find: Callable[[str], T]) -> None:
        """Names that begin so are looked up by `find`, which raises UnknownName for none such.

        They are no part of what the registry lists: there can be many, each somebody's own.
        """
        self._families[prefix] = find

    def __getitem__(self, name: str) -> T:
        if isinstance(name, str):
            if name in self._entries:
                return self._entries[name]
            for prefix, find in self._families.items():
                if name.startswith(prefix):
                    return find(name)
        raise UnknownName(self.kind, name, self._entries)

    def __contains__(self, name: object) -> bool:
        try:
            self[name]  # type: ignore[index]
        except UnknownName:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)


def import_siblings(package: str, path: Iterable[str], without: Collection[str] = ()) -> None:
    """Import every module of a package's folder but these, so that each registers itself."""
    for module in pkgutil.iter_modules(path):
        if module.name not in without:
            importlib.import_module(f"{package}.{module.name}")
