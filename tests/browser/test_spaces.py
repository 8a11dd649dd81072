"""A server with two people in two browsers: nobody sees what is not theirs, links let them in."""

import re

import pytest
from data_kit import zip_of_shapes
from playwright.sync_api import expect

from tests.browser.conftest import Watch
from tests.browser.lab import Lab
from tests.browser.steps import press, start, wait_for_state

pytestmark = pytest.mark.browser

TOKEN = "correct-horse-battery"
UNKNOWN = "names a run that is not here, or not yours to see"
NO_DATA = "names a data set that is not here, or not yours to see"
ZIP = {"name": "Annas.zip", "mimeType": "application/zip", "buffer": zip_of_shapes(20, 12)}


@pytest.fixture(scope="module")
def server(tmp_path_factory, mnist_or_like):
    """The app for many people."""
    home = tmp_path_factory.mktemp("server") / "home"
    served = Lab(home, mnist_or_like, AECORE_MODE="server", AECORE_ADMIN_TOKEN=TOKEN)
    yield served
    served.stop()


@pytest.fixture
def people(browser):
    """Opens a browser of its own for each person who comes; none may see an error."""
    contexts, watches = [], []

    def come():
        contexts.append(browser.new_context(viewport={"width": 1400, "height": 1000}))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.watch = Watch(page)
        watches.append(page.watch)
        return page

    yield come
    for context in contexts:
        context.close()
    assert [problem for watch in watches for problem in watch.problems] == []


def train(page, server, seed):
    """A run of a person, in training."""
    page.goto(f"{server.url}/train?epochs=1000&batch_size=16&variant=autoencoder&seed={seed}")
    return start(page)


def call(page, server, path, **asked):
    """Status and text of one of the app's routes, for whoever has this page's cookies."""
    answer = page.context.request.fetch(f"{server.url}/api/runs/{path}", **asked)
    return answer.status, answer.text()


def listed(page, server):
    """Names of the runs that the Runs page lists and the sidebar offers."""
    page.goto(f"{server.url}/runs")
    page.get_by_role("heading", name="Runs").wait_for()
    page.get_by_role("combobox", name="Current run").click()
    offered = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    ids = page.locator("[class*='st-key-run-']").evaluate_all(
        "(found) => found.map((e) => e.className.match(/st-key-run-(\\w+)/)[1])"
    )
    return ids, offered


def rename(page, server, run, name):
    page.goto(f"{server.url}/runs?run={run}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("button", name=name, exact=True).wait_for()


def stop(page, server, run):
    page.goto(f"{server.url}/train?run={run}")
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "stopped")


def test_two_people_train_and_neither_sees_the_other(server, people):
    anna, ben = people(), people()
    runs = {anna: train(anna, server, 1), ben: train(ben, server, 2)}
    for page, name in ((anna, "Annas run"), (ben, "Bens run")):
        rename(page, server, runs[page], name)
    for me, other, name in ((anna, ben, "Bens run"), (ben, anna, "Annas run")):
        ids, offered = listed(me, server)
        assert ids == [runs[me]]
        assert not any(name in line for line in offered)
        me.goto(f"{server.url}/queue")
        me.get_by_text("somebody else").or_(me.get_by_text("of others")).first.wait_for()
        expect(me.get_by_text(name)).to_have_count(0)
        refused(me, server, runs[other])
    for page, run in runs.items():
        stop(page, server, run)


def refused(page, server, run):
    """By no page and no route; a run that is not there looks the same."""
    for path in ("train", "reconstruct", "runs"):
        page.goto(f"{server.url}/{path}?run={run}")
        page.get_by_text(UNKNOWN).wait_for()
    command = {"method": "POST", "data": {"action": "stop"}}
    for path, asked in (
        ("live", {}), ("fixed", {}), ("snapshots/0", {}), ("gallery", {}), ("commands", command)
    ):  # fmt: skip
        told = call(page, server, f"{run}/{path}", **asked)
        assert told[0] == 404
        assert told == call(page, server, f"{'0' * 20}/{path}", **asked)


def test_a_share_link_opens_view_only_and_ends_when_revoked(server, people):
    anna, ben = people(), people()
    run = train(anna, server, 3)
    anna.goto(f"{server.url}/train?run={run}")
    anna.get_by_role("button", name="Share").click()
    anna.get_by_role("button", name="Make a link").click()
    link = anna.locator("code", has_text="share=").inner_text().strip()
    ben.goto(link)
    wait_for_state(ben, "running", "queued", "starting")
    ben.get_by_text("Shared with you: view only.").wait_for()
    assert "share=" not in ben.url
    assert f"run={run}" in ben.url
    expect(ben.get_by_role("button", name=re.compile("Pause|Stop|Share"))).to_have_count(0)
    anna.reload()
    anna.get_by_role("button", name="Share").click()
    anna.get_by_text("1 visitor").wait_for()
    expect(anna.locator("code", has_text="share=")).to_have_count(0)
    anna.get_by_role("button", name="Revoke").click()
    anna.get_by_text("revoked").wait_for()
    ben.goto(link)
    ben.watch.problems.clear()  # his page went on asking, and was refused
    ben.get_by_text(UNKNOWN).wait_for()
    ben.goto(f"{server.url}/train?run={run}")
    ben.get_by_text(UNKNOWN).wait_for()
    stop(anna, server, run)


def test_a_personal_link_carries_a_space_to_another_browser(server, people):
    anna, tablet = people(), people()
    run = train(anna, server, 4)
    anna.get_by_role("button", name="Your space").click()
    anna.get_by_role("button", name="Make a personal link").click()
    link = anna.locator("code", has_text="enter=").inner_text().strip()
    tablet.goto(link)
    tablet.get_by_role("heading", name="Use this private space in this browser?").wait_for()
    tablet.get_by_role("button", name="Not now").click()
    tablet.get_by_role("heading", name="Autoencoder Lab").wait_for()
    assert "enter=" not in tablet.url
    assert run not in listed(tablet, server)[0]
    tablet.goto(link)
    tablet.get_by_role("button", name="Use it here").click()
    tablet.get_by_role("heading", name="Autoencoder Lab").wait_for()
    assert listed(tablet, server)[0] == [run]
    stop(tablet, server, run)


def test_the_administrators_token_opens_the_admin_page(server, people):
    anna, chief = people(), people()
    run = train(anna, server, 5)
    rename(anna, server, run, "Annas work")
    chief.goto(server.url)
    chief.get_by_role("heading", name="Autoencoder Lab").wait_for()
    expect(chief.get_by_role("link", name="Admin")).to_have_count(0)
    chief.goto(f"{server.url}/admin")
    field = chief.get_by_role("textbox", name="Administrator's token")
    field.fill("wrong")
    field.press("Enter")
    chief.get_by_text("This is not the administrator's token").wait_for()
    field.fill(TOKEN)
    field.press("Enter")
    chief.get_by_role("heading", name="People").wait_for()
    chief.get_by_role("link", name="Admin").wait_for()
    chief.get_by_text("Annas work").wait_for()
    chief.get_by_role("button", name="Stop").first.wait_for()
    chief.get_by_role("button", name="Leave").click()
    chief.get_by_role("textbox", name="Administrator's token").wait_for()
    expect(chief.get_by_role("link", name="Admin")).to_have_count(0)
    stop(anna, server, run)


def took_in(page, server):
    """The name of a data set that a person drops on the Data page."""
    page.goto(f"{server.url}/data")
    page.locator("input[type=file]").set_input_files(ZIP)
    press(page, "Take it in")
    page.wait_for_url("**/data?data=own-*")
    page.get_by_text("always in this order").wait_for()
    return page.url.split("data=")[1]


def shared(page, server, name):
    """A new link to a data set of one's own."""
    page.goto(f"{server.url}/data?data={name}")
    page.get_by_text("always in this order").wait_for()
    press(page, "Share")
    page.get_by_role("button", name="Make a link").click()
    return page.locator("code", has_text="shared_data=").inner_text().strip()


def warned(page, server, link, until):
    """What a page warns of at a link, without the id of the link; nothing on it names Anna's."""
    page.goto(f"{server.url}/{link}")
    page.get_by_text(until).first.wait_for()
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    assert "Annas" not in page.locator("[data-testid=stMain]").inner_text()
    told = page.locator("[data-testid=stAlert]").all_inner_texts()
    return [re.sub(r"own-\\?\w{20}", "", each) for each in told]


def options(page, label):
    """What a list on a page offers."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option").first.wait_for()
    return page.get_by_role("option").all_inner_texts()


def test_a_data_set_is_its_owners_until_it_is_shared_and_after(server, people):
    anna, ben = people(), people()
    ben.goto(f"{server.url}/train?dataset=digits&epochs=1&variant=autoencoder&leave_out=3")
    run = start(ben)
    name = took_in(anna, server)
    wait_for_state(ben, "finished")
    absent = f"own-{'0' * 20}"
    theirs, none = (warned(ben, server, f"data?data={each}", NO_DATA) for each in (name, absent))
    assert theirs == none
    for link, until, label in (
        (f"train?dataset={name}", "There is no data set", "Data"),
        (f"detect?run={run}&suspects={name}", "not here, or not yours to see", "What is odd"),
    ):
        warned(ben, server, link, until)
        assert not any("Annas" in text for text in options(ben, label))
    for ending, said in (("Revoke", "revoked"), ("Delete for good", "is deleted")):
        ben.goto(shared(anna, server, name))
        ben.get_by_text("Shared with you").wait_for()
        ben.get_by_text("always in this order").wait_for()
        if ending == "Revoke":
            ben.goto(f"{server.url}/detect?run={run}&suspects={name}")
            ben.get_by_text("odd images are found").wait_for()
            ben.goto(f"{server.url}/data")
            ben.get_by_text("Annas").wait_for()
            ben.goto(f"{server.url}/data?data={name}")
            ben.get_by_text("always in this order").wait_for()
        else:
            anna.goto(f"{server.url}/data?data={name}")
            anna.get_by_text("always in this order").wait_for()
            press(anna, "Delete")
        anna.get_by_role("button", name=ending).first.click()
        anna.get_by_text(said).first.wait_for()
        ben.get_by_text("Classes", exact=True).click()  # on the page that he still has open
        ben.get_by_text(NO_DATA).wait_for()
        expect(ben.get_by_text("Annas")).to_have_count(0)
