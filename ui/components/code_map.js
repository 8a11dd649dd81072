// The codes of the fixed test images as points in the plane; hover shows the image behind one.

const MARGIN = 8; // pixels between the outermost points and the edge
const NEAR = 14; // pixels within which the pointer catches a point

class CodeMap {
  constructor() {
    this.canvas = make("canvas", { class: "ael-map", role: "img", onmousemove: (e) => this.hover(e), onmouseleave: () => this.hover() });
    this.tip = make("div", { class: "ael-tip", hidden: "" });
    this.legend = make("div", { class: "ael-legend" });
    this.box = make("div", { class: "ael-mapbox" }, this.canvas, this.tip);
  }

  /** What the points stand for: the fixed images, their labels and class names. */
  explain({ values, arrays }) {
    [this.classes, this.noun] = [values.classes, values.noun];
    this.images = arrays.sample;
    this.labels = arrays.sample_labels.data;
    const items = this.classes.map((name, label) => {
      const mark = make("canvas", { width: 14, height: 14, "aria-hidden": "true" });
      drawMark(mark.getContext("2d"), 7, 7, 4, label);
      return make("span", {}, mark, name);
    });
    this.legend.replaceChildren(...items);
  }

  /** Draw a snapshot; returns the sentence that says what is seen. */
  draw({ arrays, step, explained }) {
    const { shape, data } = arrays.points;
    const share = `two principal components, ${Math.round(100 * explained)} % of the variance`;
    const what = `${shape[0]} test ${this.noun}s; ${explained < 1 ? share : "the two numbers of the code"}`;
    const width = this.canvas.clientWidth;
    if (!width) return what;
    const height = Math.min(width, 380);
    const context = sized(this.canvas, width, height);
    const [across, up] = [0, 1].map((axis) => toUnit(data, axis));
    context.globalAlpha = 0.85;
    this.places = Array.from({ length: shape[0] }, (_, i) => {
      const x = MARGIN + (width - 2 * MARGIN) * across(data[2 * i]);
      const y = height - MARGIN - (height - 2 * MARGIN) * up(data[2 * i + 1]);
      drawMark(context, x, y, 3, this.labels[i]);
      return [x, y];
    });
    this.canvas.setAttribute("aria-label", `Code map at step ${step}: ${what}`);
    return what;
  }

  hover(event) {
    this.tip.hidden = true;
    if (!event || !this.places) return;
    const box = this.canvas.getBoundingClientRect();
    const nearest = this.nearest(event.clientX - box.left, event.clientY - box.top);
    if (nearest < 0) return;
    this.tip.replaceChildren(picture(this.images, nearest), make("span", {}, this.classes[this.labels[nearest]]));
    const [x, y] = this.places[nearest];
    this.tip.style.left = `${Math.min(x + 12, box.width - 90)}px`;
    this.tip.style.top = `${Math.max(0, y - 70)}px`;
    this.tip.hidden = false;
  }

  nearest(x, y) {
    let [found, distance] = [-1, NEAR ** 2];
    this.places.forEach(([px, py], i) => {
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d < distance) [found, distance] = [i, d];
    });
    return found;
  }
}

/** A function from the values of one axis of interleaved points to [0, 1]. */
function toUnit(data, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < data.length; i += 2) {
    low = Math.min(low, data[i]);
    high = Math.max(high, data[i]);
  }
  return (value) => (high - low > 1e-9 ? (value - low) / (high - low) : 0.5);
}
