// Points, what a model makes of them, and their codes: two charts that belong together.

const POINTS_TALL = { data: 420, code: 300 }; // pixels
const FAINT = "rgba(128, 128, 128, 0.55)";
const EDGE = 0.12; // free space around the points, as a share of their extent

class PointsView {
  /** url: of the chart library; numbers: how many a code has; noCode: why there is none, or nothing. */
  constructor(url, numbers, noCode) {
    Object.assign(this, { url, numbers, noCode });
    this.data = make("div", { class: "ael-points", role: "img", style: `height: ${POINTS_TALL.data}px` });
    this.code = make("div", { class: "ael-points", role: "img", style: `height: ${POINTS_TALL.code}px` });
    this.legend = make("div", { class: "ael-legend" });
  }

  /** What stays: the points, where on their shape they lie, their classes and the axes' names. */
  explain({ values, arrays }) {
    Object.assign(this, values);
    this.places = columnsOf(arrays.places.data, arrays.places.shape[3]);
    this.labels = Array.from(arrays.sample_labels.data);
    const known = arrays.along.data.some(Number.isFinite);
    this.position = known ? Array.from(arrays.along.data) : null;
    const dot = (label) => make("i", { class: "ael-dot", style: `background: ${classColour(label)}`, "aria-hidden": "true" });
    this.legend.replaceChildren(...(known ? [] : this.classes.map((name, label) => make("span", {}, dot(label), name))));
  }

  /** Draw a snapshot; returns the sentences that say what is seen in either chart. */
  draw({ arrays, step, explained }) {
    const made = columnsOf(arrays.made.data, this.places.length);
    this.show(this.data, [...this.outline(arrays.decoded), this.links(made), this.marks(this.places, 5, "data"), this.copies(made)], this.space());
    const [told, seen] = [this.told(arrays), this.coded(explained)];
    this.data.setAttribute("aria-label", `Points, their reconstructions and the decoder at step ${step}: ${told}`);
    if (!this.noCode) {
      this.show(this.code, [this.codes(arrays.points)], this.plane());
      this.code.setAttribute("aria-label", `Codes at step ${step}: ${seen}`);
    }
    return [told, seen];
  }

  async show(box, traces, layout) {
    if (!box.clientWidth) return;
    const Plotly = await loadPlotly(this.url);
    const look = pageLook(box);
    // Charts in space take no colours from a template's flat axes.
    if (layout.scene) for (const axis of ["xaxis", "yaxis", "zaxis"]) Object.assign(layout.scene[axis], { gridcolor: look.layout.xaxis.gridcolor, backgroundcolor: "rgba(0,0,0,0)", zeroline: false });
    await Plotly.react(box, traces, { ...layout, template: look, showlegend: false, uirevision: "same", margin: { l: 8, r: 8, t: 8, b: 8 } }, { displayModeBar: false, responsive: true });
    box.dataset.charts = (+box.dataset.charts || 0) + 1;
  }

  get inSpace() {
    return this.places.length > 2;
  }

  /** A trace of points or lines, in the plane or in space; columns: their coordinates. */
  trace(columns, rest) {
    const [x, y, z] = columns;
    const flat = { type: "scatter", x, y: y || x.map(() => 0) };
    return { hoverinfo: "skip", ...(this.inSpace ? { type: "scatter3d", x, y, z } : flat), ...rest };
  }

  /** The points, in the colour of their place on the shape or of their class. */
  marks(columns, size, name) {
    const colours = this.position ? { color: this.position, colorscale: "Viridis", showscale: name === "data", colorbar: { title: { text: this.along }, thickness: 10, len: 0.6 } } : { color: this.labels.map(classColour) };
    return this.trace(columns, { mode: "markers", name, marker: { size: this.inSpace ? size - 2 : size, opacity: 0.8, line: { width: 0 }, ...colours } });
  }

  copies(made) {
    const colour = getComputedStyle(this.data).getPropertyValue("--st-text-color") || "#444";
    return this.trace(made, { mode: "markers", name: "reconstructions", marker: { size: this.inSpace ? 2 : 4, symbol: this.inSpace ? "circle" : "circle-open", color: colour, opacity: 0.75 } });
  }

  /** A line from each point to its reconstruction. */
  links(made) {
    const columns = this.places.map((values, axis) => values.flatMap((value, i) => [value, made[axis][i], null]));
    return this.trace(columns, { mode: "lines", name: "to reconstructions", line: { color: FAINT, width: 1 } });
  }

  /** The decoder's curve, or its surface as a net of lines both ways. */
  outline({ shape: [lines, each, numbers], data }) {
    if (!lines) return [];
    const at = (line, i) => line * each + i;
    const paths = Array.from({ length: lines }, (_, line) => Array.from({ length: each }, (_, i) => at(line, i)));
    if (lines > 1) for (let i = 0; i < each; i++) paths.push(Array.from({ length: lines }, (_, line) => at(line, i)));
    const columns = Array.from({ length: numbers }, (_, axis) => paths.flatMap((path) => [...path.map((place) => data[place * numbers + axis]), null]));
    const width = lines > 1 ? 1 : 3;
    return [this.trace(columns, { mode: "lines", name: "decoder", line: { color: "#D55E00", width: this.inSpace ? width + 1 : width }, opacity: lines > 1 ? 0.6 : 0.9 })];
  }

  codes({ data }) {
    const [x, y] = columnsOf(data, 2);
    const up = this.numbers > 1 ? y : x.map((_, i) => this.labels[i] + ((i * 0.618) % 1) * 0.7); // a strip for each class, its points apart
    const marks = this.marks([x, up], 5, "codes");
    return { ...marks, type: "scatter", x, y: up, z: undefined, marker: { ...marks.marker, size: 5 } };
  }

  /** Axes around the points, which stay while the model moves. */
  space() {
    const spans = this.places.map((values) => [Math.min(...values), Math.max(...values)]);
    const axes = spans.map(([low, high], i) => ({ title: { text: this.axes[i] }, range: [low - EDGE * (high - low || 1), high + EDGE * (high - low || 1)] }));
    const [xaxis, yaxis = { visible: false, range: [-1, 1] }, zaxis] = axes;
    if (this.inSpace) return { scene: { xaxis, yaxis, zaxis, aspectmode: "data", dragmode: "turntable" } };
    return { xaxis, yaxis: axes.length > 1 ? { ...yaxis, scaleanchor: "x" } : yaxis };
  }

  plane() {
    const names = this.numbers > 2 ? ["first principal component", "second"] : ["code", "second number"];
    const strip = { tickvals: this.classes.map((_, i) => i + 0.35), ticktext: this.classes, range: [-0.2, this.classes.length] };
    return { xaxis: { title: { text: names[0] } }, yaxis: this.numbers > 1 ? { title: { text: names[1] } } : strip };
  }

  told({ made, decoded }) {
    const net = decoded.shape[0] > 1 ? " · net: what the decoder makes of evenly spaced codes" : decoded.shape[0] ? " · line: what the decoder makes of all codes between the ends" : "";
    return `${made.shape[0]} test points and (dark) their reconstructions${net}${this.inSpace ? " · drag to turn" : ""}`;
  }

  coded(explained) {
    const colour = this.position ? `colour: ${this.along}` : "colour: class";
    if (this.numbers === 1) return `the one number of the code, ${colour}`;
    return `${explained < 1 ? `two principal components, ${Math.round(100 * explained)} % of the variance` : "the two numbers of the code"}, ${colour}`;
  }

  close() {
    if (window.Plotly) [this.data, this.code].forEach((box) => window.Plotly.purge(box));
  }
}

/** Interleaved numbers as one list for each column. */
function columnsOf(data, count) {
  return Array.from({ length: count }, (_, column) => Array.from({ length: data.length / count }, (_, row) => data[row * count + column]));
}
