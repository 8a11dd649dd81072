// Several maps of the same held-out images: one hover, one selection, one legend for all of them.

const BOARDS = new WeakMap();
const DIM = { light: "#c3c7ce", dark: "#4a5260" }; // of points that are not selected
const TOOLS = { move: "Move", box: "Box", lasso: "Lasso" };
// Viridis's corners, dark to light: errors from small to large, in any kind of colour blindness.
const SCALE = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let board = BOARDS.get(parentElement);
  if (!board || board.run !== data.run || board.step !== data.step) {
    if (board) board.close();
    board = new MapBoard(parentElement, data);
    BOARDS.set(parentElement, board);
  }
  board.send = (text) => setStateValue("selection", text);
  board.follow(data);
  return () => {
    board.close();
    BOARDS.delete(parentElement);
  };
}

class MapBoard {
  constructor(parent, data) {
    this.run = data.run;
    this.step = data.step;
    this.url = `${data.base}/runs/${data.run}`;
    this.panels = new Map();
    this.blocks = new Map();
    this.hidden = new Set(); // classes that the legend has switched off
    this.hovered = -1;
    this.count = 0;
    this.tool = "move";
    this.root = parent.querySelector(".ael-maps") || parent.appendChild(make("div", { class: "ael-maps" }));
    this.problem = make("div", { class: "ael-problem", role: "alert", hidden: "" });
    this.legend = make("div", { class: "ael-legend", role: "group", "aria-label": "Classes; press one to hide or show it" });
    this.grid = make("div", { class: "ael-grid" });
    this.own = new OwnImage(this, data.own);
    this.root.replaceChildren(this.problem, this.toolbar(), this.grid, this.legend, this.own.root);
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.root);
    this.begin(data.selection);
  }

  toolbar() {
    this.tools = Object.entries(TOOLS).map(([name, title]) => make("button", { type: "button", "aria-pressed": String(name === this.tool), onclick: () => this.use(name) }, title));
    this.told = make("span", { class: "ael-told", role: "status" });
    const all = make("button", { type: "button", onclick: () => this.reset() }, "Show all");
    const none = make("button", { type: "button", onclick: () => this.select(() => false) }, "Select none");
    return make("div", { class: "ael-tools" }, ...this.tools, all, none, this.told);
  }

  async begin(selection) {
    try {
      const { values, arrays } = await ask(`${this.url}/held-out?step=${this.step}`);
      [this.classes, this.block] = [values.classes, values.block];
      [this.labels, this.errors] = [arrays.labels.data, arrays.errors.data];
    } catch (error) {
      this.problem.textContent = error.message;
      this.problem.hidden = false;
      return;
    }
    this.count = this.labels.length;
    this.mask = selection ? unbits(selection, this.count) : new Uint8Array(this.count);
    this.ranks = ranksOf(this.errors);
    this.ready = true;
    this.explain();
    this.draw();
    this.say();
  }

  /** What the page asks for by now: which maps, and what colours mean. */
  follow({ maps, colour }) {
    for (const [asked, panel] of this.panels) {
      if (maps.includes(asked)) continue;
      panel.close();
      panel.box.remove();
      this.panels.delete(asked);
    }
    for (const asked of maps) {
      if (!this.panels.has(asked)) this.panels.set(asked, new MapPanel(this, asked));
      this.grid.append(this.panels.get(asked).box);
    }
    this.root.dataset.panels = maps.length;
    if (this.colour !== colour) {
      this.colour = colour;
      this.explain();
      this.draw();
    }
  }

  /** Places of the first map that has some, for the others to turn towards. */
  anchor(panel) {
    for (const other of this.panels.values()) if (other !== panel && other.places) return other.places;
    return null;
  }

  explain() {
    if (!this.ready) return;
    if (this.colour === "error") {
      const [low, high] = [Math.min(...this.errors), Math.max(...this.errors)].map((value) => value.toPrecision(2));
      const ramp = make("span", { class: "ael-ramp", style: `background: linear-gradient(to right, ${SCALE.join(", ")})`, role: "img", "aria-label": "dark is small, light is large" });
      this.legend.replaceChildren(make("span", {}, `error ${low}`), ramp, make("span", {}, `${high}, as many images in each colour`));
      return;
    }
    const items = this.classes.map((name, label) => {
      const mark = make("canvas", { width: 14, height: 14, "aria-hidden": "true" });
      drawMark(mark.getContext("2d"), 7, 7, 4, label);
      return make("button", { type: "button", "aria-pressed": String(!this.hidden.has(label)), onclick: () => this.toggle(label) }, mark, name);
    });
    this.legend.replaceChildren(...items);
  }

  toggle(label) {
    this.hidden.delete(label) || this.hidden.add(label);
    this.explain();
    this.draw();
  }

  use(name) {
    this.tool = name;
    this.tools.forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(TOOLS)[i] === name)));
  }

  shown(i) {
    return !this.hidden.has(this.labels[i]);
  }

  /** Colour and shape of each point, and in which order they are drawn. */
  look() {
    const some = this.mask.includes(1);
    const dim = packed(isDark(this.root) ? DIM.dark : DIM.light);
    const palette = OKABE_ITO.map((colour) => packed(colour));
    const scale = SCALE.map((colour) => packed(colour));
    const [colours, shapes, below, above] = [new Uint32Array(this.count), new Uint8Array(this.count), [], []];
    for (let i = 0; i < this.count; i++) {
      if (!this.shown(i)) continue;
      const full = this.colour === "error" ? scale[Math.min(scale.length - 1, Math.floor(this.ranks[i] * scale.length))] : palette[this.labels[i] % palette.length];
      colours[i] = some && !this.mask[i] ? dim : full;
      shapes[i] = this.colour === "error" ? 0 : this.labels[i] % SHAPES.length;
      (some && this.mask[i] ? above : below).push(i);
    }
    return { colours, shapes, order: [...below, ...above] };
  }

  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.panels.forEach((panel) => panel.mark());
  }

  /** The image of a point, what the model makes of it, and what is known of it. */
  describe(i) {
    const block = this.blocks.get(Math.floor(i / this.block));
    const words = make("span", {}, make("strong", {}, this.classes[this.labels[i]]), ` no. ${i}`, make("br"), `error ${this.errors[i].toPrecision(2)}`);
    if (block === undefined) this.load(Math.floor(i / this.block));
    if (!block) return [words];
    return [picture(block.originals, i % this.block), picture(block.reconstructions, i % this.block), words];
  }

  async load(block) {
    this.blocks.set(block, null);
    try {
      const { arrays } = await ask(`${this.url}/pictures?block=${block}&step=${this.step}`);
      this.blocks.set(block, arrays);
      this.panels.forEach((panel) => panel.mark());
    } catch {
      this.blocks.delete(block);
    }
  }

  pick(i, more) {
    this.select((at) => at === i, more);
  }

  /** Select the shown points that `test` lets pass, beside those selected already or instead. */
  select(test, more = false) {
    for (let i = 0; i < this.count; i++) this.mask[i] = this.shown(i) && test(i) ? 1 : more ? this.mask[i] : 0;
    this.draw();
    this.say();
    this.send(this.mask.includes(1) ? bits(this.mask) : "");
  }

  say() {
    const chosen = this.mask.reduce((sum, set) => sum + set, 0);
    this.root.dataset.selected = chosen;
    this.told.textContent = chosen ? `${chosen.toLocaleString("en")} of ${this.count.toLocaleString("en")} selected` : "Shift and drag draws a lasso in any map.";
  }

  reset() {
    this.panels.forEach((panel) => panel.reset());
  }

  draw() {
    this.panels.forEach((panel) => panel.draw());
  }

  close() {
    this.watcher.disconnect();
    this.panels.forEach((panel) => panel.close());
  }
}

/** The share of values that are smaller than each, 0 to 1. */
function ranksOf(values) {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const ranks = new Float32Array(values.length);
  order.forEach((i, rank) => (ranks[i] = rank / values.length));
  return ranks;
}

/** Whether the page is dark: its text is light. */
function isDark(element) {
  const [red, green, blue] = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
  return red + green + blue > 384;
}
