// The live view of one run: status and buttons, loss chart, image strip, code map, time machine.

const VIEWS = new WeakMap();
const FAST = 250; // ms between two questions while the run moves
const SHARE = 4; // a server that is slow to answer is given this many times as long a rest
const SLOW = 3000; // and while it does not
const MOVING = ["queued", "starting", "running", "pausing", "stopping", "recovering", "stalled", "lost"];
const AGAIN = ["died", "device", "error", "engine"]; // reasons of a failure that may pass

export default function (component) {
  const { parentElement, data } = component;
  let view = VIEWS.get(parentElement);
  if (!view || view.run !== data.run) {
    if (view) view.close();
    view = new LiveView(parentElement, data);
    VIEWS.set(parentElement, view);
  }
  view.restyle();
  return () => {
    view.close();
    VIEWS.delete(parentElement);
  };
}

class LiveView {
  constructor(parent, data) {
    this.run = data.run;
    this.compact = !!data.compact;
    this.noun = data.noun;
    this.noCode = data.no_code; // why there is no code map, or nothing
    this.url = `${data.base}/runs/${data.run}`;
    this.snapshots = [];
    this.taken = new Map();
    this.chart = new LossChart(`${data.base}/${data.plotly}`, { ...data, patient: !!data.compact });
    this.strip = new ImageStrip();
    this.map = new CodeMap();
    this.points = data.kind === "points" ? new PointsView(`${data.base}/${data.plotly}`, data.numbers, data.no_code) : null;
    this.time = new TimeMachine((snapshot, newest) => this.load(snapshot, newest), (error) => this.tell(error));
    this.root = parent.querySelector(".ael-live") || parent.appendChild(make("div", { class: "ael-live" }));
    this.root.replaceChildren(...this.build());
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.root);
    this.wish = (event) => event.detail === this.run && this.announce();
    window.addEventListener("ael-time-wanted", this.wish);
    this.poll();
  }

  build() {
    this.message = make("span", { class: "ael-message", role: "status" });
    this.numbers = make("span", { class: "ael-numbers" });
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Share of the training done" });
    this.buttons = make("span", { class: "ael-buttons" });
    this.buttons.hidden = this.compact;
    this.problem = make("div", { class: "ael-problem", role: "alert", hidden: "" });
    this.rate = this.rateForm();
    const status = make("div", { class: "ael-status" }, this.message, this.numbers, this.buttons);
    const below = this.compact ? [] : [this.rate];
    return [status, this.bar, this.problem, this.panels(), ...below];
  }

  panels() {
    const section = (title, hint, ...rest) => make("section", {}, make("h4", {}, title, hint), ...rest);
    const hint = make("small", {}, "lower is better; solid: training, dashed: validation");
    [this.stripHint, this.mapHint] = [make("small"), make("small")];
    const loss = section("Loss", hint, this.chart.logSwitch, this.chart.box);
    const { points } = this;
    const strip = points ? section("Data and reconstructions", this.stripHint, points.data, points.legend) : section(`The same test ${this.noun}s again and again`, this.stripHint, this.strip.canvas);
    const code = points ? [points.code] : [this.map.box, this.map.legend];
    const map = this.noCode ? section("No code map", "", make("p", { class: "ael-note" }, this.noCode)) : section("Code map", this.mapHint, ...code);
    const left = this.compact || points ? [strip, loss] : [loss, strip];
    this.pictured = [strip, make("div", { class: "ael-stack" }, map, this.time.box)];
    return make("div", { class: "ael-panels" }, make("div", { class: "ael-stack" }, ...left), this.pictured[1]);
  }

  rateForm() {
    this.rateInput = make("input", { type: "number", step: "any", min: 1e-6, max: 10, "aria-label": "New learning rate" });
    const form = make("form", { onsubmit: (event) => this.sendRate(event) }, this.rateInput, make("button", { type: "submit" }, "Change"));
    this.rateNote = make("p", { class: "ael-note" });
    const help = "The new value holds from the next step on and is recorded with it, so that the run can be repeated.";
    return make("details", { class: "ael-rate" }, make("summary", {}, "Change the learning rate while it trains"), make("p", { class: "ael-note" }, help), form, this.rateNote);
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.watcher.disconnect();
    window.removeEventListener("ael-time-wanted", this.wish);
    this.time.stop();
    this.chart.close();
    if (this.points) this.points.close();
  }

  /** Ask for news again and again; one question at a time, or a step would be drawn twice. */
  async poll() {
    if (this.asking) {
      this.hurry = true;
      return;
    }
    clearTimeout(this.timer);
    this.asking = true;
    const wait = await this.askOnce();
    this.asking = false;
    if (this.closed) return;
    this.timer = setTimeout(() => this.poll(), this.hurry ? 0 : document.hidden ? SLOW : wait);
    this.hurry = false;
  }

  /** One question and what it changes; returns the milliseconds to wait before the next. */
  async askOnce() {
    try {
      const asked = performance.now();
      const news = await ask(`${this.url}/live?since=${this.chart.lastStep}`);
      const rest = Math.min(SLOW, SHARE * (performance.now() - asked));
      if (this.closed) return SLOW;
      this.problem.hidden = true;
      await this.take(news);
      return this.isLive ? Math.max(FAST, rest) : SLOW;
    } catch (error) {
      this.tell(error);
      return SLOW / 2;
    }
  }

  tell(error) {
    this.problem.hidden = false;
    this.problem.textContent = error.message;
  }

  async take(news) {
    const { status, changes, curves, snapshots } = news;
    this.mayControl = news.may_control;
    this.isLive = MOVING.includes(status.state);
    this.showStatus(status);
    this.chart.setTotalSteps(status.total_steps);
    this.showRate(changes);
    await this.chart.add(curves);
    if (this.chart.lastStep >= 0) this.root.dataset.drawn = this.chart.lastStep;
    const more = snapshots.length !== this.snapshots.length;
    this.snapshots = snapshots;
    for (const part of this.pictured) part.style.display = this.isLive || snapshots.length ? "" : "none"; // they may have gone with the data set
    if (more) await this.newSnapshots();
  }

  showStatus(status) {
    this.root.dataset.state = status.state;
    this.root.dataset.step = status.step;
    this.message.textContent = status.message;
    this.message.dataset.state = status.state;
    this.bar.value = status.total_steps ? status.step / status.total_steps : 0;
    const parts = [];
    if (status.total_steps) parts.push(`epoch ${Math.min(status.epoch + 1, status.epochs)} of ${status.epochs}`);
    if (status.state === "running" && status.images_per_second) parts.push(`${Math.round(status.images_per_second).toLocaleString("en")} ${this.noun}s/s`);
    if (status.seconds_left !== null) parts.push(`${duration(status.seconds_left)} left`);
    this.numbers.textContent = parts.join(" · ");
    this.showButtons(status);
  }

  showButtons({ state, reason }) {
    this.rate.hidden = state !== "running" || !this.mayControl;
    if (!this.mayControl || this.buttonState === state) return;
    this.buttonState = state;
    const button = (action, label, help) => make("button", { type: "button", title: help, onclick: (event) => this.press(action, event.target) }, label);
    const pause = button("pause", "Pause", "Save everything and free the processor; it can go on later from the very same step.");
    const stop = button("stop", "Stop", "End the run here and keep the model as it is now; Resume undoes that.");
    const resume = button("resume", "Resume", "Go on from the last saved step; where others wait, your run waits with them.");
    const cancel = button("stop", "Cancel", "Leave the queue; Resume undoes that.");
    const restart = button("restart", "Restart", "End the process that hangs and go on from what was saved last.");
    const retry = button("resume", "Retry", "Go on from the last saved step.");
    const offered = { running: [pause, stop], starting: [stop], queued: [cancel], recovering: [pause, stop], stalled: [restart, stop], lost: [restart], paused: [resume, stop], stopped: [resume], interrupted: [resume, stop], failed: AGAIN.includes(reason) ? [retry] : [] };
    this.buttons.replaceChildren(...(offered[state] || []));
  }

  async press(action, button) {
    button.disabled = true; // a second click would ask the same again
    await this.send({ action });
  }

  async send(command) {
    try {
      await ask(`${this.url}/commands`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(command) });
      this.buttonState = null;
      this.poll();
    } catch (error) {
      this.buttonState = null;
      this.tell(error);
    }
  }

  sendRate(event) {
    event.preventDefault();
    const value = parseFloat(this.rateInput.value);
    if (!(value >= 1e-6 && value <= 10)) {
      this.rateNote.textContent = "Expected a number from 0.000001 to 10.";
      return;
    }
    this.send({ action: "learning_rate", value });
  }

  showRate(changes) {
    this.changes = changes;
    const told = changes.map(([step, value]) => `${value} from step ${step}`).join(", ");
    if (told) this.rateNote.textContent = `Changed by hand: ${told}.`;
  }

  // Snapshots ----------------------------------------------------------------------------------

  async newSnapshots() {
    if (!this.fixed) {
      this.fixed = await ask(`${this.url}/fixed`);
      (this.points || this.map).explain(this.fixed);
    }
    await this.time.offer(this.snapshots);
  }

  /** Go to a snapshot, [step, epoch, explained share]; `newest` is one that was only just taken. */
  async load([step, , explained], newest) {
    this.wanted = step;
    if (!this.taken.has(step)) this.taken.set(step, await ask(`${this.url}/snapshots/${step}`));
    if (this.wanted !== step || this.closed) return; // a later one was asked for meanwhile
    this.current = { ...this.taken.get(step), step, explained };
    this.chart.point(newest ? null : step);
    this.draw();
    this.root.dataset.snapshot = step;
    this.announce();
  }

  /** Let the maps of the same page follow. */
  announce() {
    if (!this.current || this.noCode) return;
    const { step, explained, arrays } = this.current;
    window.dispatchEvent(new CustomEvent("ael-time", { detail: { run: this.run, step, explained, points: arrays.points } }));
  }

  draw() {
    if (!this.current) return;
    const told = this.points ? this.points.draw(this.current) : [this.strip.draw(this.fixed, this.current), this.map.draw(this.current)];
    [this.stripHint.textContent, this.mapHint.textContent] = told;
  }

  restyle() {
    this.chart.restyle();
    this.draw();
  }
}

function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
