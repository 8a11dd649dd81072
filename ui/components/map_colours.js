// What the colours of points mean: classes, a number of each image, or a number of each place on a map.

const DIM = { light: "#c3c7ce", dark: "#4a5260" }; // of points that are not selected, or unknown
// Viridis, dark to light: from small to large, in any kind of colour blindness.
const VIRIDIS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"];
const BINS = 128; // along each side of a map, to count the points around each
const BLURS = 3;

class Colours {
  constructor(board) {
    this.board = board;
    this.columns = new Map(); // by name: null while it is on its way
    this.name = "class";
  }

  /** What stands in for classes: {labels, classes}, of the images or of a category; else null. */
  get kinds() {
    if (this.name === "class") return this.board;
    const column = this.columns.get(this.name);
    return column && column.classes.length ? column : null;
  }

  get discrete() {
    return this.kinds !== null;
  }

  use(name) {
    this.name = name;
    if (name !== "class" && !(name in OF_A_MAP)) this.load(name);
  }

  /** A number of each image from the server, by name. */
  async load(name) {
    if (this.columns.has(name)) return;
    this.columns.set(name, null);
    try {
      const { values: told, arrays } = await ask(`${this.board.url}/column?name=${encodeURIComponent(name)}&step=${this.board.step}`);
      const values = arrays.values.data;
      const labels = Int32Array.from(values, (value) => (value >= 0 ? value : -1)); // -1 where it is missing
      this.columns.set(name, { values, labels, classes: told.classes || [], title: told.title || name, known: "title" in told, shares: ranksOf(values) });
      this.board.redraw();
    } catch (error) {
      this.columns.delete(name);
      this.board.tell(error.message);
    }
  }

  error(i) {
    const column = this.columns.get("error");
    return column ? column.values[i] : null;
  }

  /** Of each point 0 to 1, dark to light; null while it is not known. */
  shares(panel) {
    if (this.name in OF_A_MAP) return OF_A_MAP[this.name].of(panel);
    const column = this.columns.get(this.name);
    return column ? column.shares : null;
  }

  /** Colour and shape of each point of a panel, and in which order they are drawn. */
  look(panel) {
    if (this.name in OF_A_MAP || panel.count !== this.board.count) return this.worked(panel);
    this.common = this.common || this.worked(panel);
    return this.common;
  }

  /** What colours mean has changed: all looks are to be worked out anew. */
  forget() {
    this.common = null;
  }

  worked(panel) {
    const { mask } = this.board;
    const kinds = this.kinds;
    const count = panel.count;
    const some = mask.includes(1);
    const dim = packed(isDark(panel.box) ? DIM.dark : DIM.light);
    const full = this.fulls(panel, dim);
    const [colours, shapes, order] = [new Uint32Array(count), new Uint8Array(count), new Int32Array(count)];
    let drawn = 0;
    for (const above of some ? [0, 1] : [0]) {
      for (let i = 0; i < count; i++) {
        if (mask[i] !== above || !this.board.shown(i)) continue;
        colours[i] = some && !above ? dim : full(i);
        shapes[i] = kinds ? Math.max(0, kinds.labels[i]) % SHAPES.length : 0;
        order[drawn++] = i;
      }
    }
    return { colours, shapes, order: order.subarray(0, drawn) };
  }

  /** The colour of a point that is not dimmed, by its number. */
  fulls(panel, unknown) {
    const kinds = this.kinds;
    const colours = (kinds ? OKABE_ITO : VIRIDIS).map((colour) => packed(colour));
    if (kinds) return (i) => (kinds.labels[i] < 0 ? unknown : colours[kinds.labels[i] % colours.length]);
    const shares = this.shares(panel) || [];
    return (i) => (shares[i] >= 0 ? colours[Math.min(colours.length - 1, Math.floor(shares[i] * colours.length))] : unknown);
  }

  /** What stands below the maps: the classes as switches, or a scale. */
  legend() {
    const kinds = this.kinds;
    if (kinds) {
      return kinds.classes.map((name, label) => {
        const mark = make("canvas", { width: 14, height: 14, "aria-hidden": "true" });
        drawMark(mark.getContext("2d"), 7, 7, 4, label);
        if (kinds !== this.board) return make("span", {}, mark, name); // a class alone can be switched off
        return make("button", { type: "button", "aria-pressed": String(!this.board.hidden.has(label)), onclick: () => this.board.toggle(label) }, mark, name);
      });
    }
    const [low, high] = this.ends();
    const ramp = make("span", { class: "ael-ramp", style: `background: linear-gradient(to right, ${VIRIDIS.join(", ")})`, role: "img", "aria-label": "dark is small, light is large" });
    return [make("span", {}, low), ramp, make("span", {}, high)];
  }

  ends() {
    if (this.name in OF_A_MAP) return OF_A_MAP[this.name].ends;
    const column = this.columns.get(this.name);
    if (!column) return ["being measured …", ""];
    const written = (value) => (column.known ? String(+value.toPrecision(4)) : value.toPrecision(2));
    const [low, high] = extremes(column.values).map(written);
    const missing = column.values.some(Number.isNaN) ? "; grey where it is missing" : "";
    const factor = this.name.startsWith("factor:"); // of few values, which many images share
    return [`${column.title} ${low}`, factor ? high : `${high}, as many ${this.board.noun}s in each colour${missing}`];
  }
}

/** What is known of each place on a map; its words at both ends of the scale. */
const OF_A_MAP = {
  density: { of: (panel) => panel.once("density", densityOf), ends: ["few samples around", "many, as many samples in each colour"] },
  trustworthiness: { of: (panel) => panel.trust("trustworthiness"), ends: ["0: all its neighbours here are strangers in the data itself", "1: none is; the first 10,000 test samples"] },
  continuity: { of: (panel) => panel.trust("continuity"), ends: ["0: its neighbours in the data itself were torn away", "1: none was; the first 10,000 test samples"] },
};

/** How many points lie around each, as ranks from 0 to 1. */
function densityOf(places) {
  const { low, span } = bounds(places);
  const bin = (value, axis) => Math.min(BINS - 1, Math.floor(((value - low[axis]) / span) * BINS));
  let counts = new Float32Array(BINS * BINS);
  const cells = new Int32Array(places.length / 2);
  for (let i = 0; i < cells.length; i++) {
    cells[i] = bin(places[2 * i + 1], 1) * BINS + bin(places[2 * i], 0);
    counts[cells[i]]++;
  }
  for (let time = 0; time < BLURS; time++) counts = blurred(blurred(counts, 1), BINS);
  return ranksOf(Float32Array.from(cells, (cell) => counts[cell]));
}

function blurred(counts, step) {
  return counts.map((value, at) => value + (counts[at - step] || 0) + (counts[at + step] || 0));
}

/** How many values are smaller than each, as a share of how many can be: 0 to 1, the same for equal ones. */
function ranksOf(values) {
  const order = Uint32Array.from(values.keys()).filter((i) => !Number.isNaN(values[i])).sort((a, b) => values[a] - values[b]);
  const ranks = new Float32Array(values.length).fill(NaN);
  let first = 0;
  order.forEach((i, rank) => {
    if (values[i] !== values[order[first]]) first = rank;
    ranks[i] = first;
  });
  return first ? ranks.map((rank) => rank / first) : ranks;
}

function extremes(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) if (!Number.isNaN(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** Whether the page is dark: its text is light. */
function isDark(element) {
  const [red, green, blue] = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
  return red + green + blue > 384;
}
