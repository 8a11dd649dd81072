// The live view of one run: status, loss curves, fixed reconstructions, code map, time machine.

const VIEWS = new WeakMap();
const FAST = 250; // ms between two questions while the run moves
const SLOW = 3000; // and while it does not
const DASHES = { train: "solid", validation: "dash" };
const TITLES = { total: "total", reconstruction: "reconstruction", kl: "KL" };

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
    this.url = `${data.base}/runs/${data.run}`;
    this.curves = new Map();
    this.since = -1;
    this.snapshots = [];
    this.taken = new Map();
    this.chosen = null; // null follows the newest snapshot
    this.root = parent.querySelector(".ael-live") || parent.appendChild(make("div", { class: "ael-live" }));
    this.root.replaceChildren();
    this.build(data);
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.root);
    this.plotly = loadPlotly(`${data.base}/${data.plotly}`);
    this.poll();
  }

  build({ compact }) {
    this.compact = !!compact;
    this.message = make("span", { class: "ael-message", role: "status" });
    this.numbers = make("span", { class: "ael-numbers" });
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Share of the training done" });
    this.buttons = make("span", { class: "ael-buttons" });
    this.plot = make("div", { class: "ael-plot", role: "img", "aria-label": "Loss curves" });
    this.images = make("canvas", { class: "ael-images", role: "img" });
    this.map = make("canvas", { class: "ael-map", role: "img", onmousemove: (e) => this.hover(e), onmouseleave: () => this.hover() });
    this.legend = make("div", { class: "ael-legend" });
    this.tip = make("div", { class: "ael-tip", hidden: "" });
    this.shown = make("span", { class: "ael-note" });
    this.scrub = make("input", { type: "range", min: 0, max: 0, value: 0, disabled: "", "aria-label": "Time machine: choose a snapshot", oninput: () => this.travel(+this.scrub.value) });
    this.when = make("output", { class: "ael-when" });
    const log = make("input", { type: "checkbox", onchange: () => this.setLog(log.checked) });
    const section = (title, hint, ...rest) => make("section", {}, make("h4", {}, title, make("small", {}, hint)), ...rest);
    const curve = section("Loss", "lower is better; solid: training, dashed: validation", make("label", { class: "ael-log" }, log, " log scale"), this.plot);
    const strip = section("The same test images again and again", "above: original · below: what the decoder gives back", this.images);
    const map = section("Code map", "", make("div", { class: "ael-mapbox" }, this.map, this.tip), this.legend);
    this.imagesHint = strip.querySelector("small");
    this.mapHint = map.querySelector("small");
    const time = make("div", { class: "ael-time" }, make("label", {}, "Time machine"), this.scrub, this.when);
    const status = make("div", { class: "ael-status" }, this.message, this.numbers, this.buttons);
    this.rate = this.rateForm();
    this.problem = make("div", { class: "ael-problem", role: "alert", hidden: "" });
    this.root.classList.toggle("ael-compact", !!compact);
    const panels = make("div", { class: "ael-panels" }, compact ? make("div", { class: "ael-stack" }, strip, curve) : make("div", { class: "ael-stack" }, curve, strip), make("div", { class: "ael-stack" }, map, time));
    this.root.append(status, this.bar, this.problem, panels, ...(compact ? [] : [this.rate]));
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
    if (window.Plotly) window.Plotly.purge(this.plot);
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
      const news = await ask(`${this.url}/live?since=${this.since}`);
      if (this.closed) return SLOW;
      this.problem.hidden = true;
      await this.take(news);
      return this.isLive ? FAST : SLOW;
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
    const { status } = news;
    this.isLive = ["queued", "starting", "running", "pausing", "stopping"].includes(status.state);
    this.showStatus(status);
    this.showRate(news.changes);
    await this.addCurves(news.curves);
    const before = this.snapshots.length;
    this.snapshots = news.snapshots;
    if (this.snapshots.length !== before) await this.newSnapshots();
  }

  showStatus(status) {
    this.root.dataset.state = status.state;
    this.root.dataset.step = status.step;
    this.message.textContent = status.message;
    this.message.dataset.state = status.state;
    this.bar.value = status.total_steps ? status.step / status.total_steps : 0;
    const parts = [];
    if (status.total_steps) parts.push(`epoch ${Math.min(status.epoch + 1, status.epochs)} of ${status.epochs}`);
    if (status.state === "running" && status.images_per_second) parts.push(`${Math.round(status.images_per_second).toLocaleString("en")} images/s`);
    if (status.seconds_left !== null) parts.push(`${duration(status.seconds_left)} left`);
    this.numbers.textContent = parts.join(" · ");
    this.showButtons(status.state);
  }

  showButtons(state) {
    if (this.buttonState === state) return;
    this.buttonState = state;
    const button = (action, label, help) => make("button", { type: "button", title: help, onclick: (event) => this.press(action, event.target) }, label);
    const pause = button("pause", "Pause", "Save everything and free the processor; it can go on later from the very same step.");
    const stop = button("stop", "Stop", "End the run here and keep the model as it is now.");
    const resume = button("resume", "Resume", "Go on from the last saved step.");
    const offered = { running: [pause, stop], starting: [stop], queued: [resume, stop], paused: [resume, stop], interrupted: [resume, stop] };
    this.buttons.replaceChildren(...(offered[state] || []));
    this.buttons.hidden = this.compact;
    this.rate.hidden = state !== "running";
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

  // Curves -------------------------------------------------------------------------------------

  async addCurves(news) {
    if (!news.length) return;
    const Plotly = await this.plotly;
    if (this.closed) return;
    for (const { split, term, steps, values } of news) {
      const curve = this.curve(split, term);
      curve.steps.push(...steps);
      curve.values.push(...values);
      this.since = Math.max(this.since, steps.at(-1));
    }
    this.addTotals(news);
    this.extend(Plotly);
  }

  curve(split, term) {
    const key = `${split}/${term}`;
    if (!this.curves.has(key)) this.curves.set(key, { split, term, steps: [], values: [], drawn: 0 });
    return this.curves.get(key);
  }

  /** Where a loss has several terms, their sum is a curve too. */
  addTotals(news) {
    for (const split of ["train", "validation"]) {
      const parts = news.filter((curve) => curve.split === split);
      if (parts.length < 2) continue;
      const total = this.curve(split, "total");
      parts[0].steps.forEach((step, i) => {
        const values = parts.map((part) => part.values[i]);
        total.steps.push(step);
        total.values.push(values.includes(null) ? null : values.reduce((a, b) => a + b, 0));
      });
    }
  }

  extend(Plotly) {
    const curves = [...this.curves.values()];
    if (!this.plotted) {
      this.plotted = Plotly.newPlot(this.plot, [], this.layout(), { displayModeBar: false, responsive: true });
    }
    for (const curve of curves) {
      if (curve.trace === undefined) {
        curve.trace = this.traces = this.traces === undefined ? 0 : this.traces + 1;
        Plotly.addTraces(this.plot, this.trace(curve));
      } else if (curve.drawn < curve.steps.length) {
        Plotly.extendTraces(this.plot, { x: [curve.steps.slice(curve.drawn)], y: [curve.values.slice(curve.drawn)] }, [curve.trace]);
      }
      curve.drawn = curve.steps.length;
    }
    this.root.dataset.points = Math.max(...curves.map((curve) => curve.steps.length));
    const last = curves.map((curve) => `${curve.split} ${TITLES[curve.term] || curve.term} ${format(curve.values.at(-1))}`);
    this.plot.setAttribute("aria-label", `Loss curves at step ${this.since}: ${last.join(", ")}`);
    this.root.dataset.drawn = this.since;
  }

  trace({ split, term, steps, values }) {
    const terms = [...new Set([...this.curves.values()].map((curve) => curve.term))].sort((a, b) => (b === "total") - (a === "total"));
    const colour = OKABE_ITO[terms.indexOf(term) % OKABE_ITO.length];
    const title = TITLES[term] || term;
    const name = split === "train" ? title : `${title}, ${split}`;
    return { x: [...steps], y: [...values], name, mode: "lines", line: { color: colour, width: split === "train" ? 1.6 : 2, dash: DASHES[split] }, showlegend: split === "train", legendrank: term === "total" ? 1 : 2, hovertemplate: `${name}: %{y:.5g} at step %{x}<extra></extra>` };
  }

  layout() {
    const style = getComputedStyle(this.root);
    const text = style.getPropertyValue("--st-text-color") || "#333";
    const grid = style.getPropertyValue("--st-border-color") || "#ddd";
    const axis = { gridcolor: grid, linecolor: grid, zeroline: false, automargin: true };
    return { height: 260, margin: { l: 48, r: 8, t: 8, b: 36 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: text, size: 12, family: style.fontFamily }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, xaxis: { ...axis, title: { text: "step", standoff: 4 } }, yaxis: { ...axis, type: this.log ? "log" : "linear", exponentformat: "power" }, showlegend: true, uirevision: "stay", hovermode: "closest" };
  }

  setLog(on) {
    this.log = on;
    if (window.Plotly) window.Plotly.relayout(this.plot, { "yaxis.type": on ? "log" : "linear", "yaxis.autorange": true });
  }

  restyle() {
    if (window.Plotly && this.plotted) window.Plotly.relayout(this.plot, this.layout());
    this.draw();
  }

  // Snapshots ----------------------------------------------------------------------------------

  async newSnapshots() {
    if (!this.fixed) {
      this.fixed = await ask(`${this.url}/fixed`);
      this.showLegend();
    }
    this.scrub.disabled = false;
    this.scrub.max = this.snapshots.length - 1;
    if (this.chosen === null) this.scrub.value = this.snapshots.length - 1;
    await this.load(this.chosen === null ? this.snapshots.length - 1 : this.chosen);
  }

  travel(index) {
    this.chosen = index === this.snapshots.length - 1 ? null : index;
    this.load(index);
  }

  async load(index) {
    const [step, epoch, explained] = this.snapshots[index];
    this.wanted = step;
    if (!this.taken.has(step)) this.taken.set(step, await ask(`${this.url}/snapshots/${step}`));
    if (this.wanted !== step || this.closed) return; // a later one was asked for meanwhile
    this.current = { ...this.taken.get(step), step, epoch, explained };
    this.when.textContent = step === 0 ? "before training" : `step ${step.toLocaleString("en")}, epoch ${epoch + 1}`;
    this.draw();
    this.root.dataset.snapshot = step;
  }

  draw() {
    if (!this.current || !this.fixed) return;
    this.drawImages();
    this.drawMap();
  }

  drawImages() {
    const { originals, inputs } = this.fixed.arrays;
    const damaged = this.fixed.values.corruption !== "none";
    const rows = [originals, ...(damaged ? [inputs] : []), this.current.arrays.reconstructions];
    const width = this.images.clientWidth;
    if (!width) return;
    const count = originals.shape[0];
    const columns = width / count < 44 ? Math.ceil(count / 2) : count;
    const cell = Math.min(76, width / columns);
    const blocks = Math.ceil(count / columns);
    const gap = 6;
    const context = sized(this.images, width, blocks * rows.length * cell + (blocks - 1) * gap);
    for (let i = 0; i < count; i++) {
      const x = (i % columns) * cell;
      const top = Math.floor(i / columns) * (rows.length * cell + gap);
      rows.forEach((row, r) => context.drawImage(picture(row, i), x + 1, top + r * cell + 1, cell - 2, cell - 2));
    }
    this.imagesHint.textContent = damaged ? "rows: original · what the encoder sees · reconstruction" : "above: original · below: reconstruction";
    this.images.setAttribute("aria-label", `${count} test images and their reconstructions at step ${this.current.step}`);
  }

  drawMap() {
    const width = this.map.clientWidth;
    if (!width) return;
    const height = Math.min(width, 380);
    const { shape, data } = this.current.arrays.points;
    const count = shape[0];
    const axes = [0, 1].map((axis) => range(data, axis));
    const context = sized(this.map, width, height);
    this.places = [];
    for (let i = 0; i < count; i++) {
      const x = 8 + (width - 16) * axes[0](data[2 * i]);
      const y = height - 8 - (height - 16) * axes[1](data[2 * i + 1]);
      this.places.push([x, y]);
      context.globalAlpha = 0.85;
      drawMark(context, x, y, 3, this.fixed.arrays.sample_labels.data[i]);
    }
    const { explained } = this.current;
    const what = explained < 1 ? `two principal components, ${Math.round(100 * explained)} % of the variance` : "the two numbers of the code";
    this.mapHint.textContent = `${count} test images; ${what}`;
    this.map.setAttribute("aria-label", `Code map of ${count} test images at step ${this.current.step}: ${what}`);
  }

  showLegend() {
    const { classes } = this.fixed.values;
    const items = classes.map((name, label) => {
      const mark = make("canvas", { width: 14, height: 14, "aria-hidden": "true" });
      drawMark(mark.getContext("2d"), 7, 7, 4, label);
      return make("span", {}, mark, name);
    });
    this.legend.replaceChildren(...items);
  }

  hover(event) {
    this.tip.hidden = true;
    if (!event || !this.places) return;
    const box = this.map.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [nearest, distance] = [-1, 14 ** 2];
    this.places.forEach(([px, py], i) => {
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d < distance) [nearest, distance] = [i, d];
    });
    if (nearest < 0) return;
    const label = this.fixed.arrays.sample_labels.data[nearest];
    const image = picture(this.fixed.arrays.sample, nearest);
    this.tip.replaceChildren(image, make("span", {}, this.fixed.values.classes[label]));
    const [px, py] = this.places[nearest];
    this.tip.style.left = `${Math.min(px + 12, box.width - 90)}px`;
    this.tip.style.top = `${Math.max(0, py - 70)}px`;
    this.tip.hidden = false;
  }
}

/** A function from the values of one axis to [0, 1]. */
function range(data, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < data.length; i += 2) {
    low = Math.min(low, data[i]);
    high = Math.max(high, data[i]);
  }
  const span = high - low;
  return (value) => (span > 1e-9 ? (value - low) / span : 0.5);
}

function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const format = (value) => (value === null ? "not a number" : value.toPrecision(4));
