// The decoder under the hand: a slider for each number of the code, and the image that follows.

const DECODERS = new WeakMap();
const FIRST = 12; // sliders that are shown at once

export default function (component) {
  const { parentElement, data } = component;
  let decoder = DECODERS.get(parentElement);
  if (!decoder || decoder.url !== `${data.base}/runs/${data.run}` || decoder.step !== data.step) {
    decoder = new Decoder(parentElement, data);
    DECODERS.set(parentElement, decoder);
  }
  decoder.begin(data.start);
  return () => DECODERS.delete(parentElement);
}

class Decoder {
  constructor(parent, data) {
    this.url = `${data.base}/runs/${data.run}`;
    this.step = data.step;
    this.moved = new Map(); // axis to value, where a hand has moved it
    this.seed = 0;
    this.root = parent.querySelector(".ael-decoder") || parent.appendChild(make("div", { class: "ael-decoder" }));
    this.note = make("p", { class: "ael-note", role: "status" });
    this.image = make("div", { class: "ael-decoded" });
    this.sliders = make("div", { class: "ael-sliders" });
    this.more = make("button", { type: "button", hidden: "", onclick: () => this.unfold() }, "Show more numbers");
    this.root.replaceChildren(make("div", { class: "ael-hand" }, this.image, this.starts()), make("div", {}, this.sliders, this.more, this.note));
    this.ready = this.prepare();
  }

  starts() {
    const button = (title, start) => make("button", { type: "button", onclick: () => this.from(start()) }, title);
    this.drawn = button("Draw from the prior", () => ((this.seed += 1), "prior"));
    this.drawn.hidden = true;
    this.which = make("input", { type: "number", min: 0, value: 0, "aria-label": "Number of the test image to start from", onchange: () => this.from(this.which.value) });
    return make("div", { class: "ael-starts" }, make("small", {}, "Start from"), button("The average code", () => "middle"), this.drawn, make("label", {}, "Test image", this.which));
  }

  async prepare() {
    try {
      const { values, arrays } = await ask(`${this.url}/axes?step=${this.step}`);
      this.axes = Array.from(arrays.axis.data);
      this.arrays = arrays;
      this.drawn.hidden = !values.draws;
      this.which.max = values.images - 1;
      const shown = this.axes.length;
      this.scope = `${values.numbers === 1 ? "The number" : `${shown === values.numbers ? "The" : `${shown} of the`} ${values.numbers} numbers`} of the code, the one that varies most over ${values.images.toLocaleString("en")} test images first; a slider reaches as far as 99 % of them.`;
      this.note.textContent = this.scope;
      this.build();
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  build() {
    const { low, high, middle, spread } = this.arrays;
    this.inputs = this.axes.map((axis, at) => make("input", {
      type: "range", min: low.data[at], max: high.data[at], step: (high.data[at] - low.data[at]) / 200, value: middle.data[at],
      "aria-label": `Number ${axis + 1} of the code`, oninput: (event) => this.move(axis, +event.target.value),
    }));
    this.values = this.axes.map(() => make("output"));
    const lines = this.axes.map((axis, at) => make("label", {}, make("span", { title: `standard deviation ${spread.data[at].toPrecision(2)}` }, `z${axis + 1}`), this.inputs[at], this.values[at]));
    lines.slice(FIRST).forEach((line) => (line.hidden = true));
    this.more.hidden = lines.length <= FIRST;
    this.sliders.replaceChildren(...lines);
  }

  unfold() {
    this.sliders.querySelectorAll("[hidden]").forEach((line) => (line.hidden = false));
    this.more.hidden = true;
  }

  /** Where the page wants to start: the middle, or the test image that is selected. */
  async begin(start) {
    if (this.wanted === start) return;
    this.wanted = start;
    await this.ready;
    if (this.inputs) this.from(start);
  }

  from(start) {
    this.start = start;
    this.moved.clear();
    if (start !== "middle" && start !== "prior") this.which.value = start;
    this.decode();
  }

  move(axis, value) {
    this.moved.set(axis, value);
    this.decode();
  }

  /** Ask for the image as things stand; while one is on its way, only the latest wish is kept. */
  async decode() {
    if (this.busy) return void (this.again = true);
    this.busy = true;
    const moved = [...this.moved].map(([axis, value]) => `${axis}:${value.toPrecision(6)}`).join(",");
    try {
      const { arrays } = await ask(`${this.url}/decoded?start=${encodeURIComponent(this.start)}&seed=${this.seed}&moved=${moved}&step=${this.step}`);
      this.draw(arrays);
      this.note.textContent = this.scope;
    } catch (error) {
      this.note.textContent = error.message;
    }
    this.busy = false;
    if (this.again) {
      this.again = false;
      this.decode();
    }
  }

  draw({ image, numbers }) {
    const canvas = picture(image, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "The image that the decoder makes of this code");
    this.image.replaceChildren(canvas);
    this.root.dataset.decoded = (+this.root.dataset.decoded || 0) + 1;
    this.axes.forEach((axis, at) => {
      const value = numbers.data[at];
      if (!this.moved.has(axis)) this.inputs[at].value = value;
      this.values[at].textContent = value.toFixed(2);
    });
  }
}
