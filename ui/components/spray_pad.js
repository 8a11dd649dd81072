// The canvas of a pad that points are sprayed on, by mouse, pen, finger or keys.

const SPRAY_SIDE = 320; // pixels, also of the square that points are kept in
const DOT = 1.8; // radius of a point in pixels
const BEAT = 30; // ms between two puffs while the pointer rests
const STROKES_KEPT = 30; // that can be taken back
const STEP = 0.05; // of the cursor by a key, in units of the pad, which runs from -1 to 1

class SprayPad {
  /** changed: after points came or went; spray(): radius and points a puff; full(): whether no more may come. */
  constructor(spray, full, changed) {
    Object.assign(this, { spray, full, changed, points: [], strokes: [], cursor: [0, 0], colour: 0 });
    this.canvas = make("canvas", {
      class: "ael-spray-canvas", tabindex: 0, role: "application",
      "aria-label": "Spray pad. Arrow keys move the cursor, the space bar sprays there.",
      onpointerdown: (event) => this.down(event), onpointermove: (event) => this.move(event),
      onpointerup: () => this.up(), onpointercancel: () => this.up(), onpointerleave: () => this.leave(),
      onkeydown: (event) => this.key(event), onfocus: () => this.draw(), onblur: () => this.draw(),
    });
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const unit = (value) => Math.max(-1, Math.min(1, value));
    return [unit((2 * (event.clientX - box.left)) / box.width - 1), unit(1 - (2 * (event.clientY - box.top)) / box.height)];
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.cursor = this.at(event);
    this.begin();
    this.puff();
    this.timer = setInterval(() => this.puff(), BEAT);
  }

  move(event) {
    this.hover = this.cursor = this.at(event);
    if (this.timer) this.puff();
    else this.draw();
  }

  up() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.changed();
  }

  leave() {
    this.hover = null;
    this.draw();
  }

  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    if (way) {
      this.cursor = this.cursor.map((value, axis) => Math.max(-1, Math.min(1, value + STEP * way[axis])));
      return this.draw();
    }
    this.begin();
    this.puff();
    this.changed();
  }

  /** What happens from now on is taken back together. */
  begin() {
    this.strokes = [...this.strokes, [...this.points]].slice(-STROKES_KEPT);
  }

  /** Points around the cursor, evenly over a disc. */
  puff() {
    const { radius, density } = this.spray();
    for (let i = 0; i < density; i++) {
      const [far, angle] = [radius * Math.sqrt(Math.random()), 2 * Math.PI * Math.random()];
      this.add(this.cursor[0] + far * Math.cos(angle), this.cursor[1] + far * Math.sin(angle));
    }
    this.draw();
  }

  /** A shape around the cursor at once, of several puffs: "ring" or "blob". */
  stamp(shape) {
    const { radius, density } = this.spray();
    this.begin();
    for (let i = 0; i < 20 * density; i++) {
      const angle = 2 * Math.PI * Math.random();
      const wide = 2.5 * radius * (shape === "ring" ? 1 + 0.06 * normal() : 0.4 * Math.abs(Math.sqrt(-2 * Math.log(1 - Math.random()))));
      this.add(this.cursor[0] + wide * Math.cos(angle), this.cursor[1] + wide * Math.sin(angle));
    }
    this.changed();
  }

  add(x, y) {
    if (this.full() || Math.max(Math.abs(x), Math.abs(y)) > 1) return;
    this.points.push([round(x), round(y), this.colour]);
  }

  undo() {
    if (!this.strokes.length) return;
    this.points = this.strokes.pop();
    this.changed();
  }

  clear() {
    this.begin();
    this.points = [];
    this.changed();
  }

  draw() {
    const context = sized(this.canvas, SPRAY_SIDE, SPRAY_SIDE);
    const place = ([x, y]) => [((x + 1) / 2) * SPRAY_SIDE, ((1 - y) / 2) * SPRAY_SIDE];
    for (const point of this.points) {
      context.fillStyle = classColour(SPRAY_COLOURS[point[2]]);
      context.beginPath();
      context.arc(...place(point), DOT, 0, 2 * Math.PI);
      context.fill();
    }
    if (!this.hover && document.activeElement !== this.canvas) return;
    context.strokeStyle = classColour(SPRAY_COLOURS[this.colour]);
    context.beginPath();
    context.arc(...place(this.cursor), (this.spray().radius * SPRAY_SIDE) / 2, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** A normal number (Box and Muller 1958). */
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

/** Three decimals are finer than the pad shows. */
function round(value) {
  return Math.round(1000 * value) / 1000;
}
