// One map: its places, what is drawn of them, its word on how far it is.

const RADIUS = 2.4; // of a mark at the first zoom, CSS pixels
const POLL = 300; // ms between two questions while a map is drawn
const GLIDE = 500; // ms

class MapPanel extends MapFrame {
  /** spec: {run, query, decodes, spreads, turns}: whose map, as the map route reads it, what can be asked of it. */
  constructor(board, spec) {
    super();
    Object.assign(this, { board, ...spec });
    this.url = `${board.base}/runs/${this.run}`;
    this.ground = new MapGround(this);
    this.build();
    this.fetch();
  }

  build() {
    this.title = make("h4", {}, "");
    this.note = make("small", { role: "status" });
    this.dots = make("canvas", { class: "ael-dots", "aria-hidden": "true" });
    this.over = make("canvas", { class: "ael-over", role: "img", tabindex: "0" });
    this.pointer = new Pointer(this, this.over);
    this.marks = new Marks(this, this.over);
    this.bar = make("progress", { max: 1, value: 0, "aria-label": "Share of the map that is done" });
    this.stop = make("button", { type: "button", onclick: () => this.cancel() }, "Cancel");
    this.waiting = make("div", { class: "ael-progress" }, this.bar, this.stop);
    this.menu = new PanelMenu(this);
    this.box = make("section", { class: "ael-panel" }, make("header", {}, this.title, this.menu.box, this.note), this.waiting,
      make("div", { class: "ael-stage" }, this.ground.canvas, this.dots, this.over, this.marks.tip));
  }

  async fetch(again = "") {
    if (this.closed) return;
    clearTimeout(this.timer);
    try {
      const { values, arrays } = await ask(`${this.url}/map?${this.query}${again}`);
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
    this.title.textContent = this.name = values.title + (this.label ? ` · ${this.label}` : "");
    this.menu.settings.textContent = values.settings;
    this.box.dataset.state = values.state;
    this.finished = values.state === "done";
    this.waiting.hidden = values.state === "done" || values.state === "failed";
    this.bar.value = values.share;
    if (values.state === "done") {
      const where = values.together ? "fitted on these as well, since it cannot place new ones" : `fitted on ${values.fitted_on.toLocaleString("en")} training ${this.board.noun}s`;
      this.say(`${count.toLocaleString("en")} test ${this.board.noun}s, ${where}; drawn in ${values.seconds.toFixed(1)} s`);
    } else if (values.state === "failed") this.say(values.message, "failed");
    else if (values.state === "working" && values.landmarks && values.landmarks[0]) {
      const [few, many] = values.landmarks.map((number) => number.toLocaleString("en"));
      this.say(`Landmarks, ${few} of ${many} training ${this.board.noun}s; the others join them next.`);
    } else this.say(values.state === "waiting" ? "Waiting for its turn …" : "Being drawn; it moves until it has settled.");
  }

  /** Whether the server can decode places of what is shown. */
  get land() {
    return this.decodes && this.finished && !this.away;
  }

  say(text, state) {
    this.note.textContent = text;
    if (state) this.box.dataset.state = state;
  }

  async cancel() {
    clearTimeout(this.timer);
    await ask(`${this.url}/map/cancel?${this.query}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => {});
    this.waiting.hidden = true;
    this.box.dataset.state = "cancelled";
    this.note.replaceChildren("Cancelled. ", make("button", { type: "button", onclick: () => this.fetch() }, "Draw it"));
  }

  /** New places: turned like those before, or like the first map, so that no cloud spins. */
  put(places, final) {
    const before = this.own;
    const anchor = before || this.board.anchor(this);
    // The axes of PCA and of a code mean something; those of the others do not.
    this.turn = this.turns && anchor && anchor.length === places.length ? turnTowards(places, anchor) : UNTURNED;
    this.own = turned(places, this.turn);
    this.away = null;
    if (final && before) this.glide(before, this.own);
    else this.show(this.own);
    if (final) this.board.arrived();
  }

  show(places) {
    this.places = places;
    this.count = places.length / 2;
    this.found.clear();
    this.later();
  }

  /** From where the points were to where they are, within a moment. */
  glide(from, to) {
    const begun = performance.now();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches || from.length !== to.length;
    const frame = (now) => {
      const share = still ? 1 : Math.min(1, (now - begun) / GLIDE);
      this.show(share < 1 ? mixed(from, to, share) : to);
      if (share < 1 && !this.closed) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Move every point on the way to where another map has it; null comes home. */
  morph(other) {
    const from = this.places;
    this.away = other && framed(other.own, this.own);
    this.title.textContent = other ? `${this.name} → ${other.name}` : this.name;
    this.glide(from, this.away || this.own);
  }

  stay(share) {
    this.show(mixed(this.own, this.away, share));
  }

  /** How far each point can be trusted, from the server; null while it is being found out. */
  trust(name) {
    if (this.known) return this.known[name] ? this.known[name].data : null;
    this.known = {};
    const question = async () => {
      if (this.closed) return;
      const { values, arrays } = await ask(`${this.url}/trust?${this.query}`);
      if (values.state === "done") [this.known, this.look] = [arrays, null];
      else if (values.state === "failed") return this.say(values.message);
      else return setTimeout(question, 2 * POLL);
      this.box.dataset.trusted = "1";
      this.later();
    };
    question().catch((error) => this.say(error.message));
    return null;
  }

  draw() {
    const [width, height] = [this.over.clientWidth, this.over.clientHeight];
    if (!width || !this.places || !this.board.ready) return;
    const begun = performance.now();
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.dots, this.over]) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.frame(width, height);
    this.xy = this.onScreen();
    this.finder = null;
    this.look = this.look || this.board.colours.look(this);
    const radius = Math.min(6, RADIUS * Math.max(0.6, this.view.zoom ** 0.35)) * ratio;
    splat(this.dots, ratio === 1 ? this.xy : this.xy.map((value) => value * ratio), this.look.colours, this.look.shapes, this.look.order, radius);
    this.board.thumbnails.draw(this, ratio);
    this.ground.draw(width, height, ratio);
    this.over.setAttribute("aria-label", `${this.title.textContent}: ${this.count} test ${this.board.noun}s as points. Arrow keys move, plus and minus zoom, 0 shows all, N and P walk from one to the next, Enter selects.`);
    this.box.dataset.drawn = this.look.order.length;
    this.mark();
    this.box.dataset.ms = (performance.now() - begun).toFixed(1); // for the benchmark
  }

  /** Colours have changed. */
  recolour() {
    this.look = null;
    this.later();
  }

  nearest(x, y) {
    this.finder = this.finder || new Finder(this.xy, this.scale.width, this.scale.height);
    return this.finder.nearest(x, y, (i) => this.board.shown(i));
  }

  /** The pointer is here. */
  point(x, y) {
    if (!this.xy) return;
    const i = this.nearest(x, y);
    this.board.hover(i);
    this.marks.over(i < 0 ? [x, y] : null);
  }

  leave() {
    this.board.hover(-1);
    this.marks.over(null);
  }

  click(x, y, more) {
    const i = this.nearest(x, y);
    if (i >= 0) this.board.pick(i, more);
    else this.marks.pin([x, y]);
  }

  mark() {
    this.marks.draw();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.ground.close();
    this.box.remove();
  }
}
