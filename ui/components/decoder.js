// The decoder under the hand: a slider for each number of the code, and the image that follows.

const DECODERS = new WeakMap();
const FIRST = 12; // sliders that are shown at once
const MEANING = {
  kl: { first: "the one that tells most first (by its KL from the prior)", use: (value) => `tells ${value.toPrecision(2)} nats` },
  variance: { first: "the one that varies most first (by its variance)", use: (value) => `variance ${value.toPrecision(2)}` },
};

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
    [this.step, this.noun] = [data.step, data.noun];
    this.decode = latest(() => this.decoding());
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
    const button = (title, start) => make("button", { type: "button", "aria-pressed": "false", onclick: () => this.from(start()) }, title);
    this.average = button("The average code", () => "middle");
    this.drawn = button("Draw from the prior", () => ((this.seed += 1), "prior"));
    this.drawn.hidden = true;
    this.which = make("input", { type: "number", min: 0, placeholder: "number", "aria-label": `Number of the test ${this.noun} to start from`, onchange: () => this.which.value && this.from(this.which.value) });
    this.told = make("select", { onchange: () => this.decode() }, make("option", { value: "" }, "as at the start"));
    this.asked = make("label", { hidden: "", title: "The class that this model is told beside the code" }, "Told class", this.told);
    return make("div", { class: "ael-starts" }, make("small", {}, "Start from"), this.average, this.drawn, make("label", {}, `Test ${this.noun}`, this.which), this.asked);
  }

  async prepare() {
    try {
      const { values, arrays } = await ask(`${this.url}/axes?step=${this.step}`);
      this.axes = Array.from(arrays.axis.data);
      this.arrays = arrays;
      this.drawn.hidden = !values.draws;
      this.which.max = values.images - 1;
      const shown = this.axes.length;
      const which = values.numbers === 1 ? "The number of the code" : `${shown === values.numbers ? "The" : `${shown} of the`} ${values.numbers} numbers of the code, ${MEANING[values.by].first}`;
      this.scope = `${which}, over ${values.images.toLocaleString("en")} test ${this.noun}s. A slider reaches as far as 99\u00a0% of them.`;
      this.use = MEANING[values.by].use;
      this.told.append(...values.classes.map((name, label) => make("option", { value: label }, name)));
      this.asked.hidden = !values.classes.length;
      this.note.textContent = this.scope;
      this.build();
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  build() {
    const { low, high, middle, use } = this.arrays;
    this.inputs = this.axes.map((axis, at) => make("input", {
      type: "range", min: low.data[at], max: high.data[at], step: (high.data[at] - low.data[at]) / 200, value: middle.data[at],
      "aria-label": `Number ${axis + 1} of the code`, oninput: (event) => this.move(axis, +event.target.value),
    }));
    this.values = this.axes.map(() => make("output"));
    const lines = this.axes.map((axis, at) => make("label", {}, make("span", { title: this.use(use.data[at]) }, `z${axis + 1}`), this.inputs[at], this.values[at]));
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
    this.average.setAttribute("aria-pressed", start === "middle");
    this.drawn.setAttribute("aria-pressed", start === "prior");
    this.which.value = /^\d+$/.test(start) ? start : "";
    this.told.value = "";
    this.decode();
  }

  move(axis, value) {
    this.moved.set(axis, value);
    this.decode();
  }

  /** Ask for the image as things stand. */
  async decoding() {
    const moved = [...this.moved].map(([axis, value]) => `${axis}:${value.toPrecision(6)}`).join(",");
    try {
      const { arrays } = await ask(`${this.url}/decoded?start=${encodeURIComponent(this.start)}&seed=${this.seed}&moved=${moved}&label=${this.told.value}&step=${this.step}`);
      this.draw(arrays);
      this.note.textContent = this.scope;
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  draw({ image, numbers }) {
    const canvas = picture(image, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "What the decoder makes of this code");
    this.image.replaceChildren(canvas);
    this.root.dataset.decoded = (+this.root.dataset.decoded || 0) + 1;
    this.axes.forEach((axis, at) => {
      const value = numbers.data[at];
      if (!this.moved.has(axis)) this.inputs[at].value = value;
      this.values[at].textContent = value.toFixed(2).replace("-0.00", "0.00");
    });
  }
}
