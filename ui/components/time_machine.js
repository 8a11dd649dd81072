// A scrubber over the snapshots of a run: follows the newest until a hand moves it, and plays.

const BEAT = 450; // ms between two snapshots while it plays

class TimeMachine {
  /** go: shows a snapshot, given whether it is the newest; fail: hears what went wrong. */
  constructor(go, fail) {
    Object.assign(this, { go, fail });
    this.snapshots = [];
    this.chosen = null; // null follows the newest snapshot
    this.scrub = make("input", { type: "range", min: 0, max: 0, value: 0, disabled: "", "aria-label": "Time machine: choose a snapshot", oninput: () => this.choose(+this.scrub.value) });
    this.when = make("output", { class: "ael-when" });
    this.button = make("button", { type: "button", disabled: "", onclick: () => (this.timer ? this.stop() : this.play()) }, "Play");
    this.box = make("div", { class: "ael-time" }, make("label", {}, "Time machine"), this.scrub, this.button, this.when);
  }

  get newest() {
    return this.snapshots.length - 1;
  }

  /** All snapshots that there are by now. */
  async offer(snapshots) {
    this.snapshots = snapshots;
    this.scrub.max = this.newest;
    this.scrub.disabled = false;
    this.button.disabled = this.newest < 1;
    await this.show(this.chosen ?? this.newest);
  }

  /** A hand has moved it. */
  async choose(index) {
    this.stop();
    await this.travel(index);
  }

  async travel(index) {
    this.chosen = index === this.newest ? null : index;
    try {
      await this.show(index);
    } catch (error) {
      this.stop();
      this.fail(error);
    }
  }

  async show(index) {
    const [step, epoch] = this.snapshots[index];
    this.scrub.value = index;
    this.when.textContent = step === 0 ? "before training" : `step ${step.toLocaleString("en")}, epoch ${epoch + 1}`;
    await this.go(this.snapshots[index], index === this.newest);
  }

  /** From where it stands to the newest; from there, all over again. */
  play() {
    let next = this.chosen ?? 0;
    this.button.textContent = "Pause";
    const beat = async () => {
      await this.travel(next);
      if (!this.timer) return;
      if (next >= this.newest) return this.stop();
      next++;
      this.timer = setTimeout(beat, BEAT);
    };
    this.timer = setTimeout(beat, 0);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.button.textContent = "Play";
  }
}
