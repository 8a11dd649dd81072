"""Twenty script-injection names in a real browser, on every page: they are text, and do nothing."""

import pytest

from aecore.catalog.runs import change
from aecore.catalog.store import Catalog
from aecore.paths import home
from tests.browser.lab import Lab
from tests.hostile_names import GIVEN, NAMES
from tests.own_kit import make_table
from tests.runs_kit import finished, row_of, taken_in

pytestmark = pytest.mark.browser

INJECTED = """() => {
  const links = ["href", "src", "srcdoc", "style", "xlink:href"];
  const wrong = [];
  for (const element of document.querySelectorAll("*")) {
    const tag = element.tagName;
    for (const { name, value } of element.attributes) {
      const leads = links.includes(name) && /evil|javascript:/i.test(value);
      if (name.startsWith("on") || leads) wrong.push(`${tag} ${name}=${value}`);
    }
    if (["IFRAME", "OBJECT", "EMBED", "MATH"].includes(tag)) wrong.push(tag);
    const runs = ["SCRIPT", "STYLE"].includes(tag) && /alert\\(|evil/.test(element.textContent);
    if (runs) wrong.push(element.outerHTML.slice(0, 80));
  }
  return wrong;
}"""


BEACON = """() => new Promise((tell) => {
  document.addEventListener("securitypolicyviolation", (event) => tell(event.blockedURI));
  const image = new Image();
  image.onload = () => tell("it was loaded");
  image.src = "https://evil.example/p.png";
})"""
"""What the browser refuses where an image of another site got into a page all the same."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, mnist_or_like):
    """A server with one run, of a data set whose title, classes and columns have such names."""
    root = tmp_path_factory.mktemp("hostile") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(root))
        assert home() == root
        name = make_table(NAMES[0], NAMES, NAMES[:6], count=300)
        flat = {"dataset": name, "variant": "autoencoder", "network": "mlp", "leave_out": 3}
        run = taken_in(finished(**flat, width=16, latent_dim=2, epochs=1))
        change(Catalog(), row_of(run), name=NAMES[5], note=" ".join(NAMES[3:15]))
    served = Lab(root, mnist_or_like)
    yield served, run
    served.stop()


def visits(run):
    """Each page by its link, and what stands on it once it has been drawn."""
    told = f"?run={run.id}"
    yield "runs" + told, ".stApp"
    yield f"train?dataset={run.spec.dataset}", "button >> text=Start"
    yield "data", "text=All data sets"
    yield f"data?data={run.spec.dataset}", ".ael-pictures"
    yield "train" + told, ".ael-live[data-state=finished]"
    yield "latent" + told + "&lab=groups&maps=code&colour=column:1", ".ael-panel[data-state=done]"
    yield "reconstruct" + told, ".ael-pictures"
    yield "compare" + told, ".ael-pictures"
    yield "detect" + told, ".ael-pictures"
    yield "features" + told, ".ael-pictures"
    yield "compress" + told, "[data-testid=stAlert]"
    yield "denoise" + told, "[data-testid=stAlert]"
    yield "queue" + told, ".stApp"
    yield "" + told, ".stApp"


def test_hostile_names_are_text_on_every_page(hostile, page):
    lab, run = hostile
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for link, there in visits(run):
        page.goto(f"{lab.url}/{link}")
        page.locator(there).first.wait_for()
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        assert page.evaluate(INJECTED) == [], link
        if link.startswith("latent"):
            legend_has_all(page, run, lab)
        if link.startswith("reconstruct"):
            page.locator("[data-testid=stTable]").get_by_text(NAMES[0]).first.wait_for()
            page.locator(".ael-chart-box").last.scroll_into_view_if_needed()
            bars = page.locator(".ael-chart-box .ytick text", has_text=NAMES[0][:20])
            bars.first.wait_for()  # a column's name, as Plotly writes it
    assert dialogs == []
    assert len(GIVEN) == 20
    assert page.watch.problems == []  # nothing was asked of evil.example, least of all an image
    assert page.evaluate(BEACON) == "https://evil.example/p.png"
    page.watch.problems.clear()


def legend_has_all(page, run, lab):
    """Classes in the legend and where one points; a column's name on the scale; charts of both."""
    scale = page.locator(".ael-legend").first
    scale.get_by_text(NAMES[0]).wait_for()
    page.goto(f"{lab.url}/latent?run={run.id}&maps=code&colour=class&chosen=")
    names = page.locator(".ael-maps .ael-legend button")
    names.first.wait_for()
    assert [text.strip() for text in names.all_inner_texts()] == [
        " ".join(n.split()) for n in NAMES
    ]
    stage = page.locator(".ael-panel[data-state=done] .ael-over").first
    stage.focus()
    page.keyboard.press("n")
    page.locator(".ael-panel strong").first.wait_for()
    charts = page.locator(".ael-chart-box")  # drawn as they come into view
    charts.first.wait_for()
    for chart in charts.all():
        chart.scroll_into_view_if_needed()
        chart.locator(".main-svg").first.wait_for()
    assert page.evaluate(INJECTED) == []
