// One map: its places, its view (pan and zoom), its pointer, its word on how far it is.

const EDGE = 14; // CSS pixels between the outermost points and the edge
const RADIUS = 2.4; // of a mark at the first zoom, CSS pixels
const ZOOM = [0.5, 200];
const POLL = 300; // ms between two questions while a map is drawn
const KEYS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

class MapPanel {
  constructor(board, asked) {
    this.board = board;
    this.asked = asked;
    this.view = { zoom: 1, x: 0, y: 0 };
    this.build();
    this.fetch();
  }

  build() {
    const on = (name) => (event) => this[name](event);
    this.title = make("h4", {}, "");
    this.note = make("small", { role: "status" });
    this.dots = make("canvas", { class: "ael-dots", "aria-hidden": "true" });
    this.over = make("canvas", {
      class: "ael-over", role: "img", tabindex: "0",
      onpointerdown: on("down"), onpointermove: on("move"), onpointerup: on("up"), onpointerleave: () => this.board.hover(-1),
      onwheel: on("wheel"), ondblclick: () => this.reset(), onkeydown: on("press"),
    });
    this.tip = make("div", { class: "ael-tip", hidden: "" });
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Share of the map that is done" });
    this.stop = make("button", { type: "button", onclick: () => this.cancel() }, "Cancel");
    this.waiting = make("div", { class: "ael-progress" }, this.bar, this.stop);
    this.box = make("section", { class: "ael-panel" }, make("header", {}, this.title, this.note), this.waiting,
      make("div", { class: "ael-stage" }, this.dots, this.over, this.tip));
  }

  async fetch(again = "") {
    if (this.closed) return;
    clearTimeout(this.timer);
    try {
      const { values, arrays } = await ask(`${this.board.url}/map?${this.asked}${again}`);
      if (this.closed) return;
      this.tell(values, arrays.places ? arrays.places.shape[0] : 0);
      if (arrays.places) this.put(arrays.places.data, values.state === "done");
      if (values.state === "waiting" || values.state === "working") this.timer = setTimeout(() => this.fetch(), POLL);
    } catch (error) {
      this.say(error.message, "failed");
      this.timer = setTimeout(() => this.fetch(), 10 * POLL);
    }
  }

  tell(values, count) {
    this.title.textContent = values.title;
    this.box.dataset.state = values.state;
    this.waiting.hidden = values.state === "done" || values.state === "failed";
    this.bar.value = values.share;
    if (values.state === "done") {
      const where = values.together ? "fitted on these images as well, since it cannot place new ones" : `fitted on ${values.fitted_on.toLocaleString("en")} training images`;
      this.say(`${count.toLocaleString("en")} test images, ${where}; drawn in ${values.seconds.toFixed(1)} s`);
    } else if (values.state === "failed") this.say(values.message, "failed");
    else this.say(values.state === "waiting" ? "Waiting for its turn …" : "Being drawn; it moves until it has settled.");
  }

  say(text, state) {
    this.note.textContent = text;
    if (state) this.box.dataset.state = state;
  }

  async cancel() {
    clearTimeout(this.timer);
    await ask(`${this.board.url}/map/cancel?${this.asked}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => {});
    this.waiting.hidden = true;
    this.box.dataset.state = "cancelled";
    this.note.replaceChildren("Cancelled. ", make("button", { type: "button", onclick: () => this.fetch() }, "Draw it"));
  }

  /** New places: turned like those before, or like the first map, so that no cloud spins. */
  put(places, final) {
    const before = this.places;
    this.raw = places;
    const anchor = before || this.board.anchor(this);
    // The axes of PCA and of a code mean something; those of the others do not.
    const free = /method=(umap|tsne)/.test(this.asked);
    this.places = free && anchor && anchor.length === places.length ? aligned(places, anchor) : Float32Array.from(places);
    if (final && before) this.glide(before, this.places);
    else this.draw();
  }

  /** From where the points were to where they are, within a moment. */
  glide(from, to) {
    const begun = performance.now();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches || from.length !== to.length;
    const frame = (now) => {
      const share = still ? 1 : Math.min(1, (now - begun) / 400);
      this.places = share < 1 ? to.map((value, i) => from[i] + (value - from[i]) * share) : to;
      this.draw();
      if (share < 1 && !this.closed) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  draw() {
    const [width, height] = [this.over.clientWidth, this.over.clientHeight];
    if (!width || !this.places || !this.board.ready) return;
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.dots, this.over]) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.xy = this.onScreen(width, height);
    this.finder = new Finder(this.xy, width, height);
    const radius = Math.min(6, RADIUS * Math.max(0.6, this.view.zoom ** 0.35)) * ratio;
    const { colours, shapes, order } = this.board.look();
    splat(this.dots, ratio === 1 ? this.xy : this.xy.map((value) => value * ratio), colours, shapes, order, radius);
    this.over.setAttribute("aria-label", `${this.title.textContent}: ${this.board.count} test images as points. Arrow keys move, plus and minus zoom, 0 shows all.`);
    this.box.dataset.drawn = order.length;
    this.mark();
  }

  onScreen(width, height) {
    const { low, span } = bounds(this.places);
    const scale = (Math.min(width, height) - 2 * EDGE) / span * this.view.zoom;
    this.scale = { low, scale, width, height, span };
    return this.places.map((value, at) => {
      const centred = (value - low[at % 2] - span / 2) * scale;
      return at % 2 ? height / 2 - centred + this.view.y : width / 2 + centred + this.view.x;
    });
  }

  /** Ring around the point under any pointer, and what is being drawn around points. */
  mark() {
    const context = this.over.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.over.clientWidth, this.over.clientHeight);
    context.strokeStyle = getComputedStyle(this.box).color;
    if (this.corners && this.corners.length > 1) {
      context.setLineDash([5, 4]);
      context.beginPath();
      this.corners.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
      context.closePath();
      context.stroke();
      context.setLineDash([]);
    }
    if (this.xy) drawGuest(this);
    const i = this.board.hovered;
    this.tip.hidden = true;
    if (i < 0 || !this.xy) return;
    const [x, y] = [this.xy[2 * i], this.xy[2 * i + 1]];
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.stroke();
    this.tip.replaceChildren(...this.board.describe(i));
    this.tip.hidden = false;
    const room = this.over.clientWidth - this.tip.offsetWidth - 4;
    this.tip.style.left = `${Math.max(0, Math.min(x + 14, room))}px`;
    this.tip.style.top = `${Math.max(0, Math.min(y - this.tip.offsetHeight - 6, this.over.clientHeight - this.tip.offsetHeight))}px`;
  }

  at(event) {
    const box = this.over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (!this.xy) return;
    this.over.setPointerCapture(event.pointerId);
    this.from = this.at(event);
    this.last = this.from;
    this.way = 0; // a lasso may end where it began, and is no click
    const tool = event.shiftKey ? "lasso" : this.board.tool;
    this.drag = tool;
    this.corners = tool === "move" ? null : [this.from];
  }

  move(event) {
    const here = this.at(event);
    if (!this.from) return this.board.hover(this.finder ? this.finder.nearest(...here, (i) => this.board.shown(i)) : -1);
    this.way += Math.hypot(here[0] - this.last[0], here[1] - this.last[1]);
    if (this.drag === "move") {
      this.view.x += here[0] - this.last[0];
      this.view.y += here[1] - this.last[1];
      this.later();
    } else {
      this.corners = this.drag === "box" ? [this.from, [here[0], this.from[1]], here, [this.from[0], here[1]]] : [...this.corners, here];
      this.mark();
    }
    this.last = here;
  }

  up(event) {
    if (!this.from) return;
    const here = this.at(event);
    const still = this.way < 4;
    const corners = this.corners;
    this.from = this.corners = null;
    if (still) this.board.pick(this.finder.nearest(...here, (i) => this.board.shown(i)), event.shiftKey);
    else if (corners) this.board.select((i) => within(this.xy[2 * i], this.xy[2 * i + 1], corners), event.ctrlKey || event.metaKey);
    this.mark();
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), ...this.at(event));
  }

  zoom(factor, x = this.over.clientWidth / 2, y = this.over.clientHeight / 2) {
    const next = Math.max(ZOOM[0], Math.min(ZOOM[1], this.view.zoom * factor));
    const grown = next / this.view.zoom;
    const [cx, cy] = [x - this.over.clientWidth / 2, y - this.over.clientHeight / 2];
    this.view = { zoom: next, x: cx - (cx - this.view.x) * grown, y: cy - (cy - this.view.y) * grown };
    this.later();
  }

  press(event) {
    if (KEYS[event.key]) [this.view.x, this.view.y] = [this.view.x + KEYS[event.key][0], this.view.y + KEYS[event.key][1]];
    else if (event.key === "+" || event.key === "=") return this.zoom(1.3);
    else if (event.key === "-") return this.zoom(1 / 1.3);
    else if (event.key === "0") return this.reset();
    else if (event.key === "Escape") return this.board.select(() => false);
    else return;
    event.preventDefault();
    this.later();
  }

  reset() {
    this.view = { zoom: 1, x: 0, y: 0 };
    this.later();
  }

  /** Draw once before the next picture, however often the pointer moved. */
  later() {
    if (this.due) return;
    this.due = requestAnimationFrame(() => {
      this.due = 0;
      this.draw();
    });
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
  }
}
