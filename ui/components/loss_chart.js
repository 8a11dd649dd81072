// Loss curves that grow: one Plotly line for each term and split, extended as steps come in.

const DASHES = { train: "solid", validation: "dash" };
const TITLES = { kl: "KL" };

class LossChart {
  /**
   * phases: [[title, share of all steps at which it starts]]; aside: terms that no total counts;
   * patient: the library, which takes a second to start, waits until the chart comes into view.
   */
  constructor(plotlyUrl, { phases = [], aside = [], patient = false }) {
    this.curves = new Map();
    this.phases = phases.length > 1 ? phases : [];
    this.aside = aside;
    this.totalSteps = 0;
    this.pointed = null;
    this.patient = patient;
    this.box = make("div", { class: "ael-plot", role: "img", "aria-label": "Loss curves" });
    this.plotly = patient ? inView(this.box).then(() => loadPlotly(plotlyUrl)) : loadPlotly(plotlyUrl);
    const log = make("input", { type: "checkbox", onchange: () => this.setLog(log.checked) });
    this.logSwitch = make("label", { class: "ael-log", title: "Shows small changes late in training better" }, log, "log scale");
  }

  close() {
    if (window.Plotly) window.Plotly.purge(this.box);
  }

  /** The last step on the chart, -1 while it is empty. */
  get lastStep() {
    return Math.max(-1, ...[...this.curves.values()].map((curve) => curve.steps.at(-1)));
  }

  /** Points of the longest curve. */
  get points() {
    return Math.max(0, ...[...this.curves.values()].map((curve) => curve.steps.length));
  }

  /** Add what the live route sent: [{split, term, steps, values}]; resolves once it is drawn. */
  async add(news) {
    if (!news.length) return;
    if (!this.patient) await this.plotly; // what cannot be drawn is asked for again
    this.keep(news);
    const drawn = this.plotly.then((Plotly) => this.extend(Plotly));
    if (this.patient) drawn.catch((error) => (this.box.textContent = error.message));
    else await drawn;
  }

  keep(news) {
    for (const { split, term, steps, values } of news) {
      const curve = this.curve(split, term);
      curve.steps.push(...steps);
      curve.values.push(...values);
    }
    this.addTotals(news);
  }

  curve(split, term) {
    const key = `${split}/${term}`;
    if (!this.curves.has(key)) this.curves.set(key, { split, term, steps: [], values: [], drawn: 0 });
    return this.curves.get(key);
  }

  /** Where a loss has several terms, their sum is a curve too. */
  addTotals(news) {
    for (const split of Object.keys(DASHES)) {
      const parts = news.filter((curve) => curve.split === split && !this.aside.includes(curve.term));
      if (parts.length < 2) continue;
      const sums = new Map();
      for (const { steps, values } of parts) {
        steps.forEach((step, i) => {
          const before = sums.has(step) ? sums.get(step) : 0;
          sums.set(step, before === null || values[i] === null ? null : before + values[i]);
        });
      }
      const total = this.curve(split, "total");
      total.steps.push(...sums.keys());
      total.values.push(...sums.values());
    }
  }

  extend(Plotly) {
    if (!this.plotted) {
      this.plotted = Plotly.newPlot(this.box, [], this.layout(), { displayModeBar: false, responsive: true });
    }
    const curves = [...this.curves.values()];
    curves.forEach((curve, index) => {
      if (curve.drawn === 0) {
        Plotly.addTraces(this.box, this.trace(curve));
      } else if (curve.drawn < curve.steps.length) {
        const fresh = { x: [curve.steps.slice(curve.drawn)], y: [curve.values.slice(curve.drawn)] };
        Plotly.extendTraces(this.box, fresh, [index]);
      }
      curve.drawn = curve.steps.length;
    });
    const last = curves.map((curve) => `${curve.split} ${curve.term} ${significant(curve.values.at(-1))}`);
    this.box.setAttribute("aria-label", `Loss curves at step ${this.lastStep}: ${last.join(", ")}`);
  }

  trace({ split, term, steps, values }) {
    const terms = [...new Set([...this.curves.values()].map((curve) => curve.term))];
    terms.sort((a, b) => (b === "total") - (a === "total"));
    const title = TITLES[term] || term;
    return {
      x: [...steps],
      y: [...values],
      name: title,
      mode: "lines",
      line: { color: OKABE_ITO[terms.indexOf(term) % OKABE_ITO.length], width: split === "train" ? 1.6 : 2, dash: DASHES[split] },
      showlegend: split === "train",
      legendrank: term === "total" ? 1 : 2,
      hovertemplate: `${title}, ${split}: %{y:.5g} at step %{x}<extra></extra>`,
    };
  }

  layout() {
    const template = pageLook(this.box);
    return {
      template,
      height: 260,
      margin: { l: 48, r: 8, t: 8, b: 36 },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      xaxis: { title: { text: "step", standoff: 4 } },
      yaxis: { type: this.log ? "log" : "linear", exponentformat: "power" },
      showlegend: true,
      uirevision: "stay",
      hovermode: "closest",
      ...this.marks(template.layout.font.color),
    };
  }

  /** A line where each phase starts, and its name beside it; a line at the step that is pointed at. */
  marks(colour) {
    const lasts = this.phases.filter(([, start], i) => i + 1 === this.phases.length || this.phases[i + 1][1] > start);
    const marks = lasts.map(([title, start]) => ({ title, step: start * this.totalSteps }));
    const across = { xref: "x", yref: "paper" };
    const line = (step, dash, width) => ({ ...across, type: "line", x0: step, x1: step, y0: 0, y1: 1, line: { color: colour, width, dash } });
    const cursor = this.pointed === null ? [] : [line(this.pointed, "solid", 1.5)];
    return {
      shapes: [...marks.slice(1).map(({ step }) => line(step, "dot", 1)), ...cursor],
      annotations: marks.map(({ title, step }) => ({ ...across, x: step, y: 1, text: title, xanchor: "left", yanchor: "top", showarrow: false, font: { size: 11 } })),
    };
  }

  /** Say how many steps there will be: only then it is known where a phase starts. */
  setTotalSteps(steps) {
    if (!this.phases.length || steps === this.totalSteps) return;
    this.totalSteps = steps;
    this.restyle();
  }

  /** Mark a step; null for none. */
  point(step) {
    if (step === this.pointed) return;
    this.pointed = step;
    this.box.dataset.pointed = step ?? "";
    this.restyle();
  }

  setLog(on) {
    this.log = on;
    if (this.plotted) window.Plotly.relayout(this.box, { "yaxis.type": on ? "log" : "linear", "yaxis.autorange": true });
  }

  restyle() {
    if (this.plotted) window.Plotly.relayout(this.box, this.layout());
  }
}

const significant = (value) => (value === null ? "not a number" : value.toPrecision(4));
