"""Downloads against a local server that misbehaves, then each source from a tiny archive."""

import errno
import gzip
import hashlib
import io
import os
import pickle
import socket
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import scipy.io
import torch

from aecore.datasets import datasets, download, open_data
from aecore.errors import DataUnavailable, StoreError
from aecore.paths import data_root
from tests.mnist_layout import idx

BODY = bytes(range(256)) * 4096  # 1 MiB


def md5(content):
    return hashlib.md5(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`; the first part of the path says how."""

    def do_GET(self):  # noqa: N802
        _, how, *rest = self.path.split("/")
        self.server.asked.append(self.path)
        content = self.server.files.get("/".join(rest), BODY)
        getattr(self, how)(content)

    def head(self, length=None, status=200, kind="application/octet-stream"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def good(self, content):
        self.head(len(content))
        self.wfile.write(content)

    def unsized(self, content):
        self.head()
        self.wfile.write(content)

    def moved(self, content):
        self.send_response(302)
        self.send_header("Location", "/good/data")
        self.end_headers()

    def cut(self, content):
        self.head(len(content))
        self.wfile.write(content[: len(content) // 2])

    def reset(self, content):
        self.close_connection = True

    def page(self, content):
        self.head(kind="text/html; charset=utf-8")
        self.wfile.write(b"<!DOCTYPE html><title>Log in</title>")

    def hiddenpage(self, content):
        self.head()
        self.wfile.write(b"\n<HTML><title>Log in</title>")

    def forbidden(self, content):
        self.send_error(403)

    def damaged(self, content):
        self.good(b"x" + content[1:])

    def mute(self, content):
        self.server.stop.wait(10)

    def hang(self, content):
        self.head(len(content))
        self.wfile.write(content[:1000])
        self.server.stop.wait(10)

    def drip(self, content):
        self.head(len(content))
        while not self.server.stop.wait(0.02):
            self.wfile.write(b"x")

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.stop = {}, [], threading.Event()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


@pytest.fixture
def server(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(download, "IDLE_SECONDS", 0.5)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "deep" / "set.gz"


def get(server, target, *ways, report=None):
    urls = [server.url(f"{way}/data") for way in ways]
    download.fetch(urls, target, md5(BODY), report, what="The set")


def leftovers(target):
    return [path.name for path in target.parent.iterdir() if path != target]


@pytest.mark.fault("F16")
class TestFetch:
    @pytest.mark.parametrize("way", ["good", "unsized", "moved"])
    def test_whole_file(self, server, target, way):
        get(server, target, way)
        assert target.read_bytes() == BODY
        assert leftovers(target) == []

    def test_progress_counts_bytes_to_the_end(self, server, target, monkeypatch):
        monkeypatch.setattr(download, "REPORT_SECONDS", 0)
        seen = []
        get(server, target, "good", report=seen.append)
        assert [step.done for step in seen] == sorted(step.done for step in seen)
        assert seen[-1].done == seen[-1].total == len(BODY)
        assert seen[0].what == "The set, set.gz"

    def test_unknown_length_is_reported_as_zero(self, server, target, monkeypatch):
        monkeypatch.setattr(download, "REPORT_SECONDS", 0)
        seen = []
        get(server, target, "unsized", report=seen.append)
        assert {step.total for step in seen} == {0}
        assert seen[-1].done == len(BODY)

    @pytest.mark.parametrize(
        ("way", "reason"),
        [
            ("cut", "127.0.0.1 sent only 524,288 of 1,048,576 bytes"),
            ("reset", "the connection to 127.0.0.1 broke off"),
            ("page", "127.0.0.1 sent a web page instead of the file"),
            ("hiddenpage", "127.0.0.1 sent a web page instead of the file"),
            ("forbidden", "127.0.0.1 answered 403 Forbidden"),
            ("damaged", "what 127.0.0.1 sent does not have the right checksum"),
            ("mute", "127.0.0.1 does not answer"),
            ("hang", "127.0.0.1 does not answer"),
            ("drip", "127.0.0.1 sends too slowly"),
        ],
    )
    def test_failure_is_one_clear_message(self, server, target, impatient, way, reason):
        at_hand = [name for name, kind in datasets.items() if kind(kind.Config()).ready()]
        assert {"digits", "shapes", "wine"} <= set(at_hand)
        assert not {"mnist", "cifar10"} & set(at_hand)
        with pytest.raises(DataUnavailable) as caught:
            get(server, target, way)
        assert str(caught.value) == (
            f"The set could not be downloaded: {reason}. Check the network connection and "
            f"try again, or choose a data set that needs none: {', '.join(at_hand)}."
        )
        assert len(server.asked) == download.TRIES
        assert not target.exists()
        assert leftovers(target) == []

    def test_refused_connection(self, server, target):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/data"
            with pytest.raises(DataUnavailable, match=r"no connection to 127\.0\.0\.1"):
                download.fetch([url], target, md5(BODY))

    def test_name_that_does_not_resolve(self, server, target, monkeypatch):
        def fail(*args, **kwargs):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(DataUnavailable, match=r"no connection to nowhere\.invalid"):
            download.fetch(["http://nowhere.invalid/x"], target, md5(BODY))

    def test_no_address(self, target):
        with pytest.raises(DataUnavailable, match="no address"):
            download.fetch([], target, md5(BODY))

    @pytest.mark.parametrize("first", ["cut", "page", "forbidden", "damaged", "reset"])
    def test_second_mirror_works(self, server, target, first):
        get(server, target, first, "good")
        assert target.read_bytes() == BODY
        assert server.asked == [f"/{first}/data", "/good/data"]
        assert leftovers(target) == []

    def test_good_file_is_not_fetched_again(self, server, target):
        target.parent.mkdir(parents=True)
        target.write_bytes(BODY)
        get(server, target, "damaged")
        assert server.asked == []

    def test_bad_file_stays_until_a_good_one_is_there(self, server, target):
        target.parent.mkdir(parents=True)
        target.write_bytes(b"old")
        with pytest.raises(DataUnavailable):
            get(server, target, "cut")
        assert target.read_bytes() == b"old"
        get(server, target, "good")
        assert target.read_bytes() == BODY

    def test_report_that_raises_cancels(self, server, target):
        class Cancelled(Exception):
            pass

        def report(step):
            raise Cancelled

        with pytest.raises(Cancelled):
            get(server, target, "good", report=report)
        assert not target.exists()
        assert leftovers(target) == []
        assert len(server.asked) == 1

    def test_report_that_raises_os_error_is_no_network_failure(self, server, target):
        def report(step):
            raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            get(server, target, "good", report=report)
        assert leftovers(target) == []

    def test_slow_download_can_be_cancelled(self, server, target):
        """Each byte that arrives asks `report`, however long the whole would take."""

        def report(step):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            get(server, target, "drip", report=report)
        assert leftovers(target) == []

    def test_removes_what_a_killed_download_left(self, server, target):
        target.parent.mkdir(parents=True)
        dead = target.with_name("set.gz.0badcafe.part")
        alive = target.with_name("set.gz.12345678.part")
        for path in (dead, alive):
            path.write_bytes(b"half")
        os.utime(dead, (0, 0))
        get(server, target, "good")
        assert leftovers(target) == [alive.name]

    def test_full_disk(self, server, target, monkeypatch):
        class Full(io.FileIO):
            def write(self, chunk):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(download, "open", Full, raising=False)
        with pytest.raises(StoreError, match=r"No space left.*free some space") as caught:
            get(server, target, "good")
        assert str(target.parent) in str(caught.value)
        assert leftovers(target) == []
        assert len(server.asked) == 1

    def test_folder_that_cannot_be_made(self, server, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(DataUnavailable, match=r"^Cannot write to .* set AECORE_DATA"):
            get(server, tmp_path / "file" / "set.gz", "good")
        assert server.asked == []

    def test_folder_that_is_read_only(self, server, target, monkeypatch):
        def refuse(*args):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(download, "open", refuse, raising=False)  # root may write anywhere
        with pytest.raises(DataUnavailable, match="AECORE_DATA"):
            get(server, target, "good")

    def test_two_at_once(self, server, target):
        threads = [threading.Thread(target=get, args=(server, target, "good")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert target.read_bytes() == BODY
        assert leftovers(target) == []


# Tiny archives with the inner layout of the real ones.

TRAIN, TEST = 20, 10


def pictures(count, *shape):
    return np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)


def marks(count, classes, first=0):
    """Labels that hold the first and the last class."""
    return np.arange(count) * (classes - 1) // (count - 1) + first


class Tiny:
    """A fake copy of one source: what the server has, and what `read` must make of it."""

    def __init__(self, server, monkeypatch, name):
        self.server, self.patch = server, monkeypatch
        self.source = datasets[name](datasets[name].Config())
        self.kind = self.source.torch_class()
        classes = len(self.source.classes)
        shape = self.source.shape if self.source.shape[0] == 3 else self.source.shape[1:]
        self.images = [pictures(TRAIN, *shape), pictures(TEST, *shape)]
        self.labels = [marks(TRAIN, classes), marks(TEST, classes)]
        monkeypatch.setattr(datasets[name], "train_images", TRAIN)
        monkeypatch.setattr(datasets[name], "test_images", TEST)
        build = {"EMNIST": self.emnist, "CIFAR10": self.cifar10, "SVHN": self.svhn}
        build.get(self.kind.__name__, self.mnist)()

    def serve(self, name, content):
        self.server.files[name] = content
        return md5(content)

    def set(self, **attributes):
        for name, value in attributes.items():
            self.patch.setattr(self.kind, name, value)

    def gzipped(self, images, labels):
        return [gzip.compress(idx(images)), gzip.compress(idx(labels))]

    def mnist(self):
        packed = [
            content
            for images, labels in zip(self.images, self.labels, strict=True)
            for content in self.gzipped(images, labels)
        ]
        names = [f"{file.split('/')[-1]}.gz" for file in self.source.files]
        listed = [(n, self.serve(n, content)) for n, content in zip(names, packed, strict=True)]
        self.set(mirrors=[self.server.url("cut/"), self.server.url("good/")], resources=listed)

    def emnist(self):
        """Images stand transposed in the file, labels count from 1, five other splits beside."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as packed:
            packed.writestr("gzip/emnist-byclass-train-images-idx3-ubyte.gz", b"not of interest")
            for half, images, labels in zip(
                ("train", "test"), self.images, self.labels, strict=True
            ):
                pair = self.gzipped(images.transpose(0, 2, 1), labels + 1)
                start = f"gzip/emnist-letters-{half}"
                packed.writestr(f"{start}-images-idx3-ubyte.gz", pair[0])
                packed.writestr(f"{start}-labels-idx1-ubyte.gz", pair[1])
        self.set(
            url=self.server.url("good/gzip.zip"), md5=self.serve("gzip.zip", stream.getvalue())
        )

    def cifar10(self):
        images, labels = np.split(self.images[0], 5), np.split(self.labels[0], 5)
        batches = [(f"data_batch_{i + 1}", self.batch(images[i], labels[i])) for i in range(5)] + [
            ("test_batch", self.batch(self.images[1], self.labels[1]))
        ]
        meta = pickle.dumps({"label_names": list(self.source.classes)})
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as packed:
            for name, content in [*batches, ("batches.meta", meta)]:
                entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
                entry.size = len(content)
                packed.addfile(entry, io.BytesIO(content))
        listed = [[name, md5(content)] for name, content in batches]
        self.set(
            url=self.server.url("good/cifar"),
            tgz_md5=self.serve("cifar", stream.getvalue()),
            train_list=listed[:5],
            test_list=listed[5:],
            meta={**self.kind.meta, "md5": md5(meta)},
        )

    def batch(self, images, labels):
        return pickle.dumps({"data": images.reshape(len(images), -1), "labels": labels.tolist()})

    def svhn(self):
        """Images stand as (height, width, channel, number) in the file, and 0 is labelled 10."""
        listed = {}
        for half, images, labels in zip(("train", "test"), self.images, self.labels, strict=True):
            stream = io.BytesIO()
            y = np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]
            scipy.io.savemat(stream, {"X": images.transpose(2, 3, 1, 0), "y": y})
            name = f"{half}_32x32.mat"
            listed[half] = [
                self.server.url(f"good/{name}"), name, self.serve(name, stream.getvalue())
            ]  # fmt: skip
        self.set(split_list=listed)


DOWNLOADED = ["mnist", "fashion_mnist", "kmnist", "emnist_letters", "cifar10", "svhn"]
PACKED = DOWNLOADED[:-1]
"""SVHN's files are used as they come."""


@pytest.fixture(params=DOWNLOADED)
def tiny(request, server, monkeypatch):
    return Tiny(server, monkeypatch, request.param)


class TestSources:
    def test_comes_out_as_it_was_put_in(self, tiny):
        name = tiny.source.name
        steps = []
        data = open_data(name, report=steps.append)
        expected = torch.from_numpy(np.concatenate(tiny.images))
        assert torch.equal(data.images, expected.view(TRAIN + TEST, *tiny.source.shape))
        assert data.images.is_contiguous()
        assert data.labels.tolist() == np.concatenate(tiny.labels).tolist()
        assert data.labels.dtype == torch.int64
        assert data.splits["test"].tolist() == list(range(TRAIN, TRAIN + TEST))
        assert data.size("train") == tiny.source.train_size == 18
        assert steps[0].what.startswith(tiny.source.title)

    def test_second_time_needs_no_network(self, tiny):
        first = open_data(tiny.source.name)
        tiny.server.asked.clear()
        again = open_data(tiny.source.name)
        assert tiny.server.asked == []
        assert torch.equal(first.images, again.images)

    def test_leaves_no_working_files(self, tiny):
        tiny.source.fetch()
        files = [path for path in data_root().rglob("*") if path.is_file()]
        expected = {*tiny.source.files, *(archive.path for archive in tiny.source.archives())}
        assert {path.relative_to(data_root()).as_posix() for path in files} == expected
        assert not list(data_root().glob(".unpack-*"))

    def test_archive_that_is_there_needs_no_network(self, tiny):
        """Somebody without a network brings the archives on a stick."""
        for archive in tiny.source.archives():
            path = data_root() / archive.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiny.server.files[archive.urls[0].split("/")[-1]])
        tiny.source.fetch()
        assert tiny.server.asked == []
        assert tiny.source.ready()

    def test_damaged_file_is_refused_and_the_advice_works(self, tiny):
        tiny.source.fetch()
        file = data_root() / tiny.source.files[0]
        good = file.read_bytes()
        file.write_bytes(good[: len(good) // 2])
        with pytest.raises(DataUnavailable, match="are damaged .* delete them") as caught:
            open_data(tiny.source.name)
        assert "\n" not in str(caught.value)
        assert str(file.parent) in str(caught.value)
        file.unlink()
        open_data(tiny.source.name)
        assert file.read_bytes() == good

    def test_cancelling_leaves_nothing_half_done(self, tiny):
        def report(step):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            open_data(tiny.source.name, report=report)
        assert not tiny.source.ready()
        assert not [path for path in data_root().rglob("*") if path.is_file()]

    @pytest.mark.parametrize("tiny", PACKED, indirect=True)
    def test_disk_that_fills_while_unpacking(self, tiny, monkeypatch):
        def fail(source, target):
            if ".unpack-" in str(source):
                raise OSError(errno.ENOSPC, "No space left on device")
            replace(source, target)

        replace = os.replace
        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(StoreError, match="free some space"):
            tiny.source.fetch()
        assert not tiny.source.ready()
        assert not list(data_root().glob(".unpack-*"))

    def test_too_few_images(self, tiny, monkeypatch):
        monkeypatch.setattr(type(tiny.source), "train_images", TRAIN + 1)
        with pytest.raises(DataUnavailable, match="30 images where 31 belong"):
            open_data(tiny.source.name)

    def test_labels_without_a_class(self, tiny, monkeypatch):
        monkeypatch.setattr(type(tiny.source), "classes", tiny.source.classes[:-1])
        with pytest.raises(DataUnavailable, match="name no class"):
            open_data(tiny.source.name)

    def test_failure_names_the_set(self, tiny, monkeypatch):
        tiny.server.files.clear()
        with pytest.raises(DataUnavailable, match="could not be downloaded") as caught:
            open_data(tiny.source.name)
        assert str(caught.value).startswith(tiny.source.title)


@pytest.mark.parametrize("name", DOWNLOADED)
def test_torchvision_still_declares_what_is_read(name):
    """Addresses and checksums come from torchvision: a new release must not lose them."""
    kind = datasets[name]
    archives = kind(kind.Config()).archives()
    assert archives
    for archive in archives:
        assert len(archive.md5) == 32
        assert all(url.startswith(("http://", "https://")) for url in archive.urls)


def test_wrong_folder_is_one_sentence(tmp_path, monkeypatch, server):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "file"))
    with pytest.raises(DataUnavailable, match=r"^Cannot write to .*AECORE_DATA"):
        open_data("mnist")
