// What a hand does to a map: drag, lasso, box, click, wheel, two fingers, keys.

const KEYS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
const CLICK = 4; // CSS pixels that a pointer may move while it clicks

class Pointer {
  constructor(panel, canvas) {
    this.panel = panel;
    this.canvas = canvas;
    this.fingers = new Map();
    const on = { pointerdown: "down", pointermove: "move", pointerup: "up", pointercancel: "drop", pointerleave: "leave", wheel: "wheel", keydown: "press" };
    for (const [event, name] of Object.entries(on)) canvas.addEventListener(event, (e) => this[name](e), { passive: false });
    canvas.addEventListener("dblclick", () => panel.reset());
  }

  get board() {
    return this.panel.board;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (!this.panel.xy) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.at(event));
    if (this.fingers.size === 2) {
      this.from = this.corners = null; // two fingers pinch, whatever the tool
      this.pinched = true;
      return;
    }
    this.pinched = false;
    this.from = this.last = this.at(event);
    this.way = 0; // a lasso may end where it began, and is no click
    this.drag = event.shiftKey ? "lasso" : this.board.tool;
    this.corners = this.drag === "move" ? null : [this.from];
  }

  move(event) {
    const here = this.at(event);
    if (this.fingers.size === 2) return this.pinch(event.pointerId, here);
    if (!this.from) return this.panel.point(...here);
    this.way += Math.hypot(here[0] - this.last[0], here[1] - this.last[1]);
    if (this.drag === "move") this.panel.shift(here[0] - this.last[0], here[1] - this.last[1]);
    else {
      this.corners = this.drag === "box" ? [this.from, [here[0], this.from[1]], here, [this.from[0], here[1]]] : [...this.corners, here];
      this.panel.mark();
    }
    this.last = here;
  }

  pinch(finger, here) {
    const spread = () => {
      const [[ax, ay], [bx, by]] = [...this.fingers.values()];
      return { far: Math.hypot(ax - bx, ay - by), middle: [(ax + bx) / 2, (ay + by) / 2] };
    };
    const before = spread();
    this.fingers.set(finger, here);
    const now = spread();
    this.panel.shift(now.middle[0] - before.middle[0], now.middle[1] - before.middle[1]);
    if (before.far > 1) this.panel.zoom(now.far / before.far, ...now.middle);
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.pinched || !this.from) return;
    const corners = this.corners;
    const { xy } = this.panel;
    this.from = this.corners = null;
    if (this.way < CLICK) this.panel.click(...this.at(event), event.shiftKey);
    else if (corners) {
      const inside = within(corners);
      this.board.select((i) => inside(xy[2 * i], xy[2 * i + 1]), event.ctrlKey || event.metaKey);
    }
    this.panel.mark();
  }

  drop(event) {
    this.fingers.delete(event.pointerId);
    this.from = this.corners = null;
    this.panel.mark();
  }

  leave() {
    if (!this.from) this.panel.leave();
  }

  wheel(event) {
    event.preventDefault();
    this.panel.zoom(Math.exp(-event.deltaY / 400), ...this.at(event));
  }

  press(event) {
    const { panel, board } = this;
    const walk = { n: 1, p: -1 }[event.key];
    if (KEYS[event.key]) panel.shift(...KEYS[event.key]);
    else if (event.key === "+" || event.key === "=") panel.zoom(1.3);
    else if (event.key === "-") panel.zoom(1 / 1.3);
    else if (event.key === "0") panel.reset();
    else if (event.key === "Escape") board.select(() => false);
    else if (walk) board.hover(board.nextShown(walk, panel.count));
    else if (event.key === "Enter" && board.hovered >= 0) board.pick(board.hovered, event.shiftKey);
    else return;
    event.preventDefault();
  }
}
