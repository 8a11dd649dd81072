"""Fetches one file whose checksum is known, so that it ends up whole or not at all.

The bytes go to a `.part` file beside the target, which takes the target's name only after its
checksum was right: a good file is never replaced by a bad one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import ssl
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from itertools import cycle, islice
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from aecore.datasets.base import Progress, Report, datasets
from aecore.errors import DataUnavailable, StoreError

TRIES = 3
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 30.0
SLOWEST = 256
"""Bytes a second; a server slower than that for IDLE_SECONDS counts as hanging."""
STALE_SECONDS = 600.0
"""A `.part` file untouched for longer belongs to no running download."""
REPORT_SECONDS = 0.1
CHUNK = 1 << 18
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of a disk that may be written in principle."""


class _Failed(Exception):
    """One try at one address failed; the text is its reason, a clause without a full stop."""


def fetch(
    urls: Sequence[str], target: Path, md5: str, report: Report | None = None, *, what: str = ""
) -> None:
    """Download a file unless it is there already and its checksum is right.

    Args:
        urls: addresses of the same file; tried in turn, at most TRIES in all.
        target: where it goes; its folder is created.
        md5: its checksum in hexadecimal digits.
        report: told of the progress in bytes some times a second; what it raises cancels.
        what: what a person calls the download; the file's name where left out.

    Raises DataUnavailable where no address gave the file or the folder cannot be written,
    StoreError where the disk did not take it.
    """
    if _is_good(target, md5):
        return
    what = what or target.name
    _prepare(target)
    reason = "no address is known for it"
    for url in islice(cycle(urls), TRIES):
        try:
            _fetch_from(url, target, md5, report, what)
        except _Failed as failure:
            reason = str(failure)
        else:
            return
    raise DataUnavailable(
        f"{what} could not be downloaded: {reason}. Check the network connection and try again, "
        f"or choose a data set that needs none: {', '.join(_at_hand())}."
    )


def _is_good(path: Path, md5: str) -> bool:
    """Whether a file is there with this checksum; md5 because that is what publishers state."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, _md5).hexdigest() == md5
    except OSError:
        return False


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)


def _at_hand() -> list[str]:
    return [name for name, kind in datasets.items() if kind(kind.Config()).ready()]


def _prepare(target: Path) -> None:
    """Make the folder and remove what a killed download left there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for part in target.parent.glob(f"{target.name}.*.part"):
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink(missing_ok=True)
    except FileNotFoundError:
        pass  # its own download has just finished with it
    except OSError as error:
        raise disk_error(target.parent, error) from error


def disk_error(folder: Path, error: OSError) -> DataUnavailable | StoreError:
    """What to raise where a data folder cannot be made or written, or its disk is full."""
    if error.errno in FULL:
        return StoreError(
            f"Could not write to {folder} ({error.strerror}): "
            "free some space, or set AECORE_DATA to a folder on another disk."
        )
    return DataUnavailable(
        f"Cannot write to {folder}: set AECORE_DATA to a folder you may write to, "
        f"or choose a data set that needs no download: {', '.join(_at_hand())}."
    )


def _fetch_from(url: str, target: Path, md5: str, report: Report | None, what: str) -> None:
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        file = open(part, "xb")  # noqa: SIM115  closed below, where a full disk shows
    except OSError as error:
        raise disk_error(target.parent, error) from error
    try:
        with closing(_chunks(url)) as chunks:
            digest = _store(chunks, file, report, f"{what}, {target.name}")
        if digest != md5:
            raise _Failed(f"what {_host(url)} sent does not have the right checksum")
        _settle(file, target)
    finally:
        _discard(file, part)


def _store(
    chunks: Iterable[tuple[bytes, int]], file: BinaryIO, report: Report | None, what: str
) -> str:
    """Write all chunks and return the checksum of what was written."""
    digest, done, told = _md5(), 0, 0.0
    for chunk, total in chunks:
        digest.update(chunk)
        try:
            file.write(chunk)
        except OSError as error:
            raise disk_error(Path(file.name).parent, error) from error
        done += len(chunk)
        if report and (done == total or time.monotonic() - told >= REPORT_SECONDS):
            report(Progress(what, done, total))
            told = time.monotonic()
    return digest.hexdigest()


def _settle(file: BinaryIO, target: Path) -> None:
    try:
        file.flush()
        os.fsync(file.fileno())
        file.close()
        os.replace(file.name, target)
    except OSError as error:
        raise disk_error(target.parent, error) from error


def _discard(file: BinaryIO, part: Path) -> None:
    """Close and remove a part file; a no-op after `_settle`."""
    with suppress(OSError):  # a full disk may refuse the last buffer; the file goes anyway
        file.close()
    part.unlink(missing_ok=True)


def _chunks(url: str) -> Generator[tuple[bytes, int]]:
    """The body piece by piece, each with the length of the whole (0 where unknown).

    Raises _Failed, whatever went wrong on the network.
    """
    host = _host(url)
    try:
        request = Request(url, headers={"User-Agent": "autoencoder-lab"})
        with _opener().open(request, timeout=CONNECT_SECONDS) as response:
            yield from _body(response, host)
    except HTTPError as error:
        error.close()
        raise _Failed(f"{host} answered {error.code} {error.reason}".rstrip()) from None
    except (OSError, HTTPException) as error:
        raise _Failed(_network_reason(error, host)) from None


def _body(response: HTTPResponse, host: str) -> Generator[tuple[bytes, int]]:
    total = response.length or 0
    page = response.headers.get_content_type() == "text/html"
    done, mark, since = 0, 0, time.monotonic()
    while chunk := response.read1(CHUNK):
        if page or (not done and _looks_like_html(chunk)):
            raise _Failed(f"{host} sent a web page instead of the file")
        done += len(chunk)
        yield chunk, total
        if (waited := time.monotonic() - since) > IDLE_SECONDS:
            if done - mark < SLOWEST * waited:
                raise _Failed(f"{host} sends too slowly")
            mark, since = done, time.monotonic()
    if done < total:
        raise _Failed(f"{host} sent only {done:,} of {total:,} bytes")


def _looks_like_html(start: bytes) -> bool:
    return start.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


def _network_reason(error: OSError | HTTPException, host: str) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"{host} does not answer"
    if isinstance(cause, ssl.SSLError):
        return f"the connection to {host} is not secure"
    if isinstance(error, URLError):
        return f"no connection to {host}"
    return f"the connection to {host} broke off"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


class _Plain(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(IDLE_SECONDS)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(IDLE_SECONDS)


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _SecureHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Secure, req, context=ssl.create_default_context())


def _opener() -> OpenerDirector:
    """Waits less for a connection than for its next bytes; urllib has one timeout for both."""
    return build_opener(_PlainHandler, _SecureHandler)
