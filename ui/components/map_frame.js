// Where a map lies on the screen: panned, zoomed and turned; from places to CSS pixels and back.

const EDGE = 14; // CSS pixels between the outermost points and the edge
const ZOOM = [0.5, 200];

/** Abstract: a panel has `places`, a canvas `over`, and draws itself in `draw`. */
class MapFrame {
  constructor() {
    this.view = { zoom: 1, x: 0, y: 0 };
    this.turn = UNTURNED;
    this.found = new Map();
  }

  /** What `make` works out from the places that are shown, once. */
  once(name, make) {
    if (!this.found.has(name)) this.found.set(name, make(this.places));
    return this.found.get(name);
  }

  frame(width, height) {
    const { low, span } = this.once("bounds", bounds);
    const scale = ((Math.min(width, height) - 2 * EDGE) / span) * this.view.zoom;
    const left = width / 2 + this.view.x - (low[0] + span / 2) * scale;
    const top = height / 2 + this.view.y + (low[1] + span / 2) * scale;
    this.scale = { scale, left, top, width, height };
  }

  onScreen() {
    const { scale, left, top } = this.scale;
    const xy = new Float32Array(this.places.length);
    for (let at = 0; at < xy.length; at += 2) {
      xy[at] = left + this.places[at] * scale;
      xy[at + 1] = top - this.places[at + 1] * scale;
    }
    return xy;
  }

  /** CSS pixels of a place on the map as the server has it. */
  toScreen(x, y) {
    const [shownX, shownY] = turned([x, y], this.turn);
    return [this.scale.left + shownX * this.scale.scale, this.scale.top - shownY * this.scale.scale];
  }

  /** The place on the map, as the server has it, under CSS pixels. */
  onMap(x, y) {
    return turnedBack([(x - this.scale.left) / this.scale.scale, (this.scale.top - y) / this.scale.scale], this.turn);
  }

  viewKey() {
    const { scale, left, top, width, height } = this.scale;
    return [scale, left, top, width, height, this.turn.cos, this.turn.flip].join("|");
  }

  shift(x, y) {
    [this.view.x, this.view.y] = [this.view.x + x, this.view.y + y];
    this.later();
  }

  zoom(factor, x = this.over.clientWidth / 2, y = this.over.clientHeight / 2) {
    const next = Math.max(ZOOM[0], Math.min(ZOOM[1], this.view.zoom * factor));
    const grown = next / this.view.zoom;
    const [cx, cy] = [x - this.over.clientWidth / 2, y - this.over.clientHeight / 2];
    this.view = { zoom: next, x: cx - (cx - this.view.x) * grown, y: cy - (cy - this.view.y) * grown };
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
      if (!this.closed) this.draw();
    });
  }
}
