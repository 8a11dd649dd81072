// Draw over a test image, or erase parts of it, and see at once what the model restores.

const BRUSHES = new WeakMap();
const USUAL_WIDTH = 0.12; // of a stroke, as a share of the image
const EXACT = 100; // dB that stand for a perfect copy
const NAMES = { drawn: "Drawn over", run: "This run restores", filled: "Filled from around it", original: "Original" };

export default function (component) {
  const { parentElement, data } = component;
  const url = `${data.base}/runs/${data.run}`;
  let brush = BRUSHES.get(parentElement);
  if (!brush || brush.url !== url) {
    brush = new Brush(parentElement, url, data.shape);
    BRUSHES.set(parentElement, brush);
  }
  brush.show(data);
  return () => BRUSHES.delete(parentElement);
}

class Brush {
  constructor(parent, url, shape) {
    Object.assign(this, { url, shape });
    this.wishes = 0;
    this.soon = latest(() => this.restoring());
    this.pad = new BrushPad(shape, () => this.changed(), () => this.restore());
    this.root = parent.querySelector(".ael-brush") || parent.appendChild(make("div", { class: "ael-brush" }));
    this.row = make("div", { class: "ael-brush-row" });
    this.note = make("p", { class: "ael-note", role: "status" });
    this.root.replaceChildren(make("div", { class: "ael-brush-pad" }, this.pad.canvas, ...this.tools()), make("div", { class: "ael-brush-results" }, this.row, this.note));
    this.take("white");
  }

  tools() {
    const button = (title, help, pressed) => make("button", { type: "button", title: help, onclick: pressed }, title);
    const line = (...parts) => make("div", { class: "ael-brush-tools" }, ...parts);
    this.brushes = new Map([
      ["white", button("White", "Draws in white.", () => this.take("white"))],
      ["black", button("Erase", "Draws in black: takes away what is there.", () => this.take("black"))],
    ]);
    this.colour = make("input", { type: "color", value: "#d55e00", "aria-label": "Colour of the brush", title: "The colour that Colour draws in.", oninput: () => this.take("colour") });
    if (this.shape[0] > 1) this.brushes.set("colour", button("Colour", "Draws in the colour beside it.", () => this.take("colour")));
    const side = Math.min(this.shape[1], this.shape[2]);
    this.width = make("input", { type: "range", min: 1, max: Math.ceil(side / 2), step: 0.5, value: Math.max(1, Math.round(2 * USUAL_WIDTH * side) / 2), title: "Width of the brush in pixels of the image.", oninput: () => this.widen() });
    this.wide = make("output");
    this.back = button("Undo", "Takes back the last stroke.", () => this.pad.undo());
    this.clear = button("Clear", "Begins anew with the test image as it is.", () => this.begin());
    return [line(...this.brushes.values(), ...(this.shape[0] > 1 ? [this.colour] : [])), make("label", {}, "Width", this.width, this.wide), line(this.back, this.clear)];
  }

  take(name) {
    this.brush = name;
    this.brushes.forEach((button, other) => button.setAttribute("aria-pressed", String(other === name)));
    this.widen();
  }

  widen() {
    const colour = { white: "#fff", black: "#000", colour: this.colour.value }[this.brush];
    this.pad.pen = { colour, width: this.width.value / Math.min(this.shape[1], this.shape[2]) };
    this.wide.textContent = `${this.width.value} px`;
  }

  /** Another test image begins anew; newer weights look at what is drawn. */
  async show({ number, step }) {
    if (number === this.number) {
      if (step !== this.step) this.restore();
      return void (this.step = step);
    }
    Object.assign(this, { number, step, image: null });
    try {
      const { arrays } = await ask(`${this.url}/thumbnails?rows=${number}`);
      if (number !== this.number) return;
      this.image = picture(arrays.images, 0);
      this.begin();
    } catch (error) {
      if (number !== this.number) return;
      this.note.textContent = error.message;
      this.pad.clear();
      this.row.replaceChildren();
    }
  }

  begin() {
    if (!this.image) return;
    this.pad.begin(this.image);
    this.changed();
  }

  changed() {
    this.back.disabled = !this.pad.kept.length;
    this.restore();
  }

  restore() {
    if (!this.image) return;
    this.root.dataset.wanted = this.wishes += 1;
    this.soon();
  }

  /** Ask what is made of the image as it is drawn now. */
  async restoring() {
    const { number, wishes } = this;
    const [image, touched] = this.pad.drawn();
    const coded = (bytes) => btoa(String.fromCharCode(...bytes));
    try {
      const body = JSON.stringify({ number, image: coded(image), touched: coded(touched) });
      const answer = await ask(`${this.url}/brush`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (number === this.number) this.draw(image, answer);
      this.root.dataset.restored = wishes;
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  draw(image, { values, arrays }) {
    const given = { drawn: { shape: [1, ...this.shape], data: image }, ...arrays };
    const names = Object.keys(NAMES).filter((name) => given[name]);
    this.row.replaceChildren(...names.map((name) => this.figure(NAMES[name], picture(given[name], 0), values.psnr[name])));
    this.note.textContent = `${this.told(values)} Model of step ${values.step}.`;
    this.root.dataset.touched = values.touched;
    this.root.dataset.number = this.number;
  }

  figure(name, canvas, psnr) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    const lines = psnr ? [`PSNR ${decibels(psnr[0])}`, ...(psnr[1] === null ? [] : [`where drawn: ${decibels(psnr[1])}`])] : [];
    return make("figure", {}, canvas, make("figcaption", {}, make("strong", {}, name), ...lines.map((line) => make("span", {}, line))));
  }

  told({ touched, psnr }) {
    if (psnr.run[0] === null) return "What the run makes of this is no image.";
    if (!touched) return "Nothing is drawn yet: draw over the image, or erase a part of it.";
    const of = `On this image, ${touched.toLocaleString("en")} of ${(this.shape[1] * this.shape[2]).toLocaleString("en")} pixels drawn on`;
    if (!psnr.filled) return `${of}: nothing is left around them to fill them from.`;
    const [ours, theirs] = [psnr.run[1], psnr.filled[1]];
    const equal = Math.abs(ours - theirs) < 0.05;
    const better = equal ? "the run and the filling are equal" : `${ours > theirs ? "the run" : "the filling"} is ${Math.abs(ours - theirs).toFixed(1)} dB closer to the original`;
    return `${of}: there ${better}. The filling is the smoothest surface through the pixels around (biharmonic), and is told where was drawn; the run is not.`;
  }
}

/** A PSNR in words. */
function decibels(value) {
  return value === null ? "no number" : value >= EXACT ? "of a perfect copy" : `${value.toFixed(1)} dB`;
}
