"""A flood of uploads (H24): bounded in memory by tab and in all, refused in a sentence, let go."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from data_kit import in_process, zip_of_shapes
from runs_kit import is_sentence
from starlette.requests import Request
from starlette.responses import Response
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from test_data_page import opened, settled
from test_pages import engine  # noqa: F401  the fixture holds for pages here

from ui import uploads
from ui.uploads import PLACE, BoundUploads

MB = 1_000_000


def run_here(coroutine):
    """In a loop of its own, whatever runs in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Server:
    """Keeps files as Streamlit's route does, behind the bound; most: bytes there ever were."""

    def __init__(self, monkeypatch, most=60 * MB, most_of_a_tab=40 * MB):
        self.manager, self.most = MemoryUploadedFileManager("/_stcore/upload_file"), 0
        monkeypatch.setattr(uploads, "runtime", self)
        self.app = BoundUploads(self.keep, most, most_of_a_tab)

    def exists(self):
        return True

    def get_instance(self):
        return type("Runtime", (), {"uploaded_file_mgr": self.manager})

    async def keep(self, scope, receive, send):
        content = await Request(scope, receive).body()
        *_, tab, file = scope["path"].split("/")
        self.manager.add_file(tab, UploadedFileRec(file, file, "", content))
        held = self.manager.file_storage.values()
        self.most = max(self.most, sum(len(f.data) for files in held for f in files.values()))
        await Response(status_code=204)(scope, receive, send)

    def send(self, *files):
        """Send (tab, file, bytes) all at once; (status, text) of each answer."""

        async def all_of_them():
            return await asyncio.gather(*(self.one(*file) for file in files))

        return run_here(all_of_them())

    def asked(self, method, path):
        """The status that a request without a body gets."""
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": []}
        run_here(self.app(scope, None, send))
        return sent[0]["status"]

    async def one(self, tab, file, size, announced=True):
        chunks, sent = [b"x" * MB] * (size // MB), []
        length = [(b"content-length", str(size).encode())] if announced else []
        scope = {"type": "http", "method": "PUT", "path": f"{PLACE}{tab}/{file}",
                 "query_string": b"", "headers": length}  # fmt: skip

        async def receive():
            await asyncio.sleep(0)  # as the others send theirs
            return {"type": "http.request", "body": chunks.pop(), "more_body": bool(chunks)}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], sent[1]["body"].decode()


@pytest.fixture
def server(monkeypatch):
    return Server(monkeypatch)


def test_many_tabs_send_no_more_than_there_is_room_for(server):
    before = psutil.Process().memory_info().rss
    answers = server.send(*((f"tab{i}", "file", 20 * MB) for i in range(10)))
    assert [status for status, _ in answers] == [204] * 3 + [503] * 7
    assert all(is_sentence(text) and "in a minute" in text for _, text in answers[3:])
    assert server.most == 60 * MB
    assert psutil.Process().memory_info().rss - before < 150 * MB
    server.manager.remove_session_files("tab1")
    assert server.send(("tab9", "file", 20 * MB), ("tab8", "file", 20 * MB))[0][0] == 204
    assert server.most == 60 * MB


def test_one_tab_has_a_bound_of_its_own(server):
    answers = server.send(*(("tab", f"file{i}", 15 * MB) for i in range(4)))
    assert [status for status, _ in answers] == [204] * 2 + [413] * 2
    assert is_sentence(answers[3][1])
    assert "40 MB at a time" in answers[3][1]
    assert server.send(("other", "file", 15 * MB))[0][0] == 204


def test_what_says_no_size_is_taken_for_the_largest(server):
    ((status, _),) = server.send(("tab", "file", 2 * MB, False))
    assert status == 413
    assert server.most == 0


def test_nothing_else_is_held_up(server):
    async def answer(scope, receive, send):
        await Response("here")(scope, receive, send)

    server.app.app = answer
    server.app.most = 0
    for method, path in (("GET", f"{PLACE}tab/file"), ("DELETE", f"{PLACE}tab/file"),
                         ("PUT", "/elsewhere")):  # fmt: skip
        assert server.asked(method, path) == 200


def test_the_page_lets_go_of_what_it_has_put_on_the_disk(monkeypatch):
    in_process(monkeypatch)
    gone = []
    remove = MemoryUploadedFileManager.remove_file

    def noted(self, session_id, file_id):
        gone.append(len(self.file_storage[session_id]))
        remove(self, session_id, file_id)
        gone.append(len(self.file_storage[session_id]))

    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", noted)
    at = opened()
    at.file_uploader[0].set_value([("shapes.zip", zip_of_shapes(), "application/zip")]).run()
    assert gone == [1, 0]
    settled(at, "Take it in")
