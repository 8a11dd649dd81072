// Several maps of the same held-out images: one hover, one selection, one legend for all of them.

const BOARDS = new WeakMap();
const TOOLS = { move: "Move", box: "Box", lasso: "Lasso" };

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let board = BOARDS.get(parentElement);
  if (!board || board.run !== data.run || board.step !== data.step) {
    if (board) board.close();
    board = new MapBoard(parentElement, data, board && board.run === data.run ? board : null);
    BOARDS.set(parentElement, board);
  }
  board.send = setStateValue;
  board.follow(data);
  return () => {
    board.close();
    BOARDS.delete(parentElement);
  };
}

class MapBoard {
  /** before: the board of the same run's older weights, if one was here: a drawing stays. */
  constructor(parent, data, before) {
    Object.assign(this, { run: data.run, step: data.step, base: data.base, noun: data.noun });
    this.url = `${data.base}/runs/${data.run}`;
    this.panels = new Map();
    this.blocks = new Map();
    this.near = new Map(); // nearest others of the images that were hovered; null while asked for
    this.hidden = before ? before.hidden : new Set(); // classes that the legend has switched off
    this.hovered = -1;
    this.count = 0;
    this.tool = before ? before.tool : "move";
    this.colours = new Colours(this);
    this.thumbnails = new Thumbnails(this);
    this.view = readView(data.view);
    this.root = parent.querySelector(".ael-maps") || parent.appendChild(make("div", { class: "ael-maps" }));
    this.problem = make("div", { class: "ael-problem", role: "alert", hidden: "" });
    this.legend = make("div", { class: "ael-legend", role: "group", "aria-label": "What the colours mean" });
    this.grid = make("div", { class: "ael-grid" });
    this.root.dataset.step = this.step;
    this.own = before ? before.own.moved(this) : data.own ? new OwnImage(this, data.own) : new NoOwn();
    this.root.replaceChildren(this.problem, this.toolbar(), this.grid, this.legend, viewForm(this, data), this.own.root);
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.root);
    this.begin(data.selection);
  }

  toolbar() {
    this.tools = Object.entries(TOOLS).map(([name, title]) => make("button", { type: "button", "aria-pressed": String(name === this.tool), onclick: () => this.use(name) }, title));
    this.told = make("span", { class: "ael-told", role: "status" });
    const all = make("button", { type: "button", onclick: () => this.panels.forEach((panel) => panel.reset()) }, "Show all");
    const none = make("button", { type: "button", onclick: () => this.select(() => false) }, "Select none");
    return make("div", { class: "ael-tools" }, ...this.tools, all, none, this.told);
  }

  async begin(selection) {
    try {
      const { values, arrays } = await ask(`${this.url}/held-out?step=${this.step}`);
      [this.classes, this.block, this.labels] = [values.classes, values.block, arrays.labels.data];
    } catch (error) {
      return this.tell(error.message);
    }
    this.count = this.labels.length;
    this.mask = selection ? unbits(selection, this.count) : new Uint8Array(this.count);
    this.ready = true;
    this.arrived(); // maps can be there before this answer
    this.redraw();
    this.say();
    this.colours.load("error");
  }

  tell(message) {
    this.problem.textContent = message;
    this.problem.hidden = false;
  }

  /** What the page asks for by now: which maps, and what colours mean. */
  follow({ panels, colour }) {
    const keys = panels.map(({ key }) => key);
    for (const [key, panel] of this.panels) {
      if (keys.includes(key)) continue;
      panel.close();
      this.panels.delete(key);
    }
    for (const spec of panels) {
      if (!this.panels.has(spec.key)) this.panels.set(spec.key, spec.time ? new TimePanel(this, spec) : new MapPanel(this, spec));
      this.grid.append(this.panels.get(spec.key).box);
    }
    this.root.dataset.panels = panels.length;
    this.arrived();
    const look = `${colour} ${isDark(this.root)}`;
    if (look === this.look) return;
    this.look = look;
    this.colours.use(colour);
    this.redraw();
  }

  /** A map is there, or gone: what others can be laid out as. */
  arrived() {
    const there = [...this.panels.values()].filter((panel) => panel.own && panel.count === this.count);
    this.panels.forEach((panel) => panel.menu.offer(there.includes(panel) ? there.filter((other) => other !== panel) : []));
  }

  /** Places of the first map that has some, for the others to turn towards. */
  anchor(panel) {
    for (const other of this.panels.values()) if (other !== panel && other.own) return other.own;
    return null;
  }

  toggle(label) {
    this.hidden.delete(label) || this.hidden.add(label);
    this.redraw();
  }

  use(name) {
    this.tool = name;
    this.tools.forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(TOOLS)[i] === name)));
  }

  /** Change what is shown beside the points; the page's link keeps it. */
  change(name, value) {
    this.view = { ...this.view, [name]: value };
    this.send("view", writeView(this.view));
    this.redraw();
  }

  shown(i) {
    return !this.hidden.has(this.labels[i]);
  }

  nextShown(way, count) {
    for (let at = 1; at <= count; at++) {
      const i = (this.hovered + way * at + 2 * count) % count;
      if (this.shown(i)) return i;
    }
    return -1;
  }

  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.panels.forEach((panel) => panel.mark());
  }

  /** The image of a point, what the model makes of it, and what is known of it. */
  describe(i) {
    const block = this.blocks.get(Math.floor(i / this.block));
    const error = this.colours.error(i);
    const words = make("span", {}, make("strong", {}, this.classes[this.labels[i]]), ` no. ${i}`, make("br"), error === null ? "" : `error ${error.toPrecision(2)}`);
    if (block === undefined) this.load(Math.floor(i / this.block));
    if (!block) return [words];
    return [picture(block.originals, i % this.block), picture(block.reconstructions, i % this.block), words];
  }

  load(block) {
    return this.take(this.blocks, block, `pictures?block=${block}&step=${this.step}`);
  }

  /** The nearest others of an image, where lines to them are wanted and known. */
  neighbours(i) {
    if (this.view.lines === "none") return null;
    if (!this.near.has(i)) this.take(this.near, i, `near?point=${i}&step=${this.step}`);
    return this.near.get(i);
  }

  async take(store, key, place) {
    store.set(key, null);
    try {
      store.set(key, (await ask(`${this.url}/${place}`)).arrays);
      this.panels.forEach((panel) => panel.mark());
    } catch {
      store.delete(key);
    }
  }

  pick(i, more) {
    this.select((at) => at === i, more);
  }

  /** Select the shown points that `test` lets pass, beside those selected already or instead. */
  select(test, more = false) {
    for (let i = 0; i < this.count; i++) this.mask[i] = this.shown(i) && test(i) ? 1 : more ? this.mask[i] : 0;
    this.send("selection", this.mask.includes(1) ? bits(this.mask) : ""); // first: what follows takes a while
    this.send("place", "");
    this.redraw();
    this.say();
  }

  /** A place of a map was clicked: the decoder starts from it. */
  place(panel, [x, y]) {
    this.send("place", new URLSearchParams({ run: panel.run, map: panel.query, x, y }).toString());
  }

  say() {
    const chosen = this.mask.reduce((sum, set) => sum + set, 0);
    this.root.dataset.selected = chosen;
    this.told.textContent = chosen ? `${chosen.toLocaleString("en")} of ${this.count.toLocaleString("en")} selected` : "Shift and drag draws a lasso in any map.";
  }

  /** Draw all panels again, with new colours. */
  redraw() {
    if (!this.ready) return;
    this.colours.forget();
    this.legend.replaceChildren(...this.colours.legend());
    this.panels.forEach((panel) => panel.recolour());
  }

  draw() {
    this.panels.forEach((panel) => panel.later());
  }

  close() {
    this.watcher.disconnect();
    this.panels.forEach((panel) => panel.close());
  }
}
