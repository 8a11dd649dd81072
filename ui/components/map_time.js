// The code while it was learnt: a panel that follows the time machine of the same page.

class TimePanel extends MapPanel {
  /** Nothing to ask for: the time machine tells what it shows. */
  fetch() {
    this.title.textContent = this.name = "The code over training";
    this.waiting.hidden = true;
    this.say("Waiting for the time machine below …");
    this.heard = (event) => this.hear(event.detail);
    window.addEventListener("ael-time", this.heard);
    window.dispatchEvent(new CustomEvent("ael-time-wanted", { detail: this.run }));
  }

  hear({ run, step, points, explained }) {
    if (run !== this.run || this.closed) return;
    const before = this.places;
    this.own = Float32Array.from(points.data);
    this.box.dataset.state = "done";
    this.box.dataset.step = step;
    const what = explained < 1 ? `PCA, ${Math.round(100 * explained)} % of the variance` : "the two numbers of the code";
    this.say(`The first ${points.shape[0]} test ${this.board.noun}s at step ${step.toLocaleString("en")}: ${what}`);
    if (before) this.glide(before, this.own);
    else this.show(this.own);
  }

  close() {
    window.removeEventListener("ael-time", this.heard);
    super.close();
  }
}
