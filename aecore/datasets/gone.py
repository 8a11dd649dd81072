"""Whether an own data set that something names is still there."""

from aecore.datasets.own import PREFIX, own
from aecore.errors import UnknownName


def is_gone(name: str) -> bool:
    """Whether a name is that of an own data set that is not there, or not any more."""
    try:
        return name.startswith(PREFIX) and own(name).about.deleted
    except UnknownName:
        return True
