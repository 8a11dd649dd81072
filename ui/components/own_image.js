// A person's own image: drawn or uploaded, it lands in every map, with what the model makes of it.

class OwnImage {
  /** shape: [C, H, W] of the model's images; extent: how much of an image its ink takes up. */
  constructor(board, { shape, extent }) {
    this.board = board;
    this.shape = shape;
    this.places = new Map(); // what a map asks for to where the image stands on it, or null
    this.named = new Set(); // the maps of the last question
    this.pad = new Pad(shape, extent, () => this.changed());
    this.note = make("p", { class: "ael-note", role: "status" });
    this.results = make("div", { class: "ael-own-results" });
    const head = make("summary", {}, "Your own image");
    const hint = make("p", {}, this.grey ? "Draw or upload an image: a star shows where it lands in every map." : "Upload an image: a star shows where it lands in every map.");
    this.ask = latest(() => this.shown && this.asking());
    this.root = make("details", { class: "ael-own" }, head, hint, make("div", { class: "ael-own-body" }, this.controls(), make("div", {}, this.results, this.note)));
  }

  /** The same drawing, to be looked at by newer weights. */
  moved(board) {
    this.board = board;
    this.places.clear();
    this.named.clear();
    return this;
  }

  get grey() {
    return this.shape[0] === 1;
  }

  controls() {
    const tick = (label, on, help, changed) => {
      const box = make("input", { type: "checkbox", onchange: changed });
      box.checked = on;
      return [box, make("label", { title: help }, box, label)];
    };
    const [centre, centreLabel] = tick("Centre it", this.grey, "Moves the middle of what is drawn to the middle of the image and makes it as large as in this data set's images, as the authors of MNIST did. Switched off, the model is given the pad as it is.", () => this.shown && this.changed());
    const [invert, invertLabel] = tick("Invert", false, "Makes dark light and light dark: for an image on white paper, where this data set has bright on dark.", () => this.inverted());
    Object.assign(this, { centre, invert });
    this.file = make("input", { type: "file", accept: "image/*", hidden: "", "aria-label": "Image to upload", onchange: () => this.upload(this.file.files[0]) });
    const button = (title, help, pressed) => make("button", { type: "button", title: help, onclick: pressed }, title);
    const upload = button("Upload an image", "It is scaled to the size of this data set's images. It goes to this app's server only, and is not kept.", () => this.file.click());
    const clear = button("Clear", "Begins anew; the stars go away.", () => this.clear());
    this.pens = [["Pen", INK, "Draws bright on dark."], ["Eraser", ERASER, "Takes away what is drawn."]].map(([title, pen, help]) => {
      const press = button(title, help, () => this.take(pen));
      press.setAttribute("aria-pressed", String(pen === INK));
      return press;
    });
    const line = (...parts) => make("div", { class: "ael-tools" }, ...parts);
    if (!this.grey) return make("div", { class: "ael-own-pad" }, line(upload, clear), line(invertLabel), this.file);
    return make("div", { class: "ael-own-pad" }, this.pad.canvas, line(...this.pens, clear), line(upload), line(centreLabel, invertLabel), this.file);
  }

  take(pen) {
    this.pad.pen = pen;
    this.pens.forEach((press, i) => press.setAttribute("aria-pressed", String(pen === [INK, ERASER][i])));
  }

  clear() {
    this.pad.clear();
    this.shown = false;
    this.places.clear();
    this.named.clear();
    this.results.replaceChildren();
    this.note.textContent = "";
    this.board.panels.forEach((panel) => panel.mark());
  }

  async upload(file) {
    if (!file) return;
    this.file.value = ""; // or the same file could not be chosen again
    try {
      this.pad.put(await createImageBitmap(file), this.invert.checked);
    } catch {
      this.note.textContent = "This file is no image that the browser can read; try a PNG or a JPEG.";
      return;
    }
    this.changed();
  }

  inverted() {
    if (this.pad.picture) this.pad.put(this.pad.picture, this.invert.checked);
    if (this.shown) this.changed();
  }

  changed() {
    this.shown = true;
    this.ask();
  }

  /** Where the image stands on a map, as the map's own numbers; asks once the map is drawn. */
  placeOn(panel) {
    if (!this.shown || !this.takes(panel)) return null;
    if (!this.named.has(panel.key)) this.ask();
    return this.places.get(panel.key) || null;
  }

  /** Whether a map is there and of the very run whose model looks at the image. */
  takes(panel) {
    return Boolean(panel.finished && panel.run === this.board.run);
  }

  /** Ask about the image as it is now. */
  async asking() {
    const drawn = [...this.board.panels.values()].filter((panel) => this.takes(panel));
    this.named = new Set(drawn.map(({ key }) => key));
    const image = this.pad.read({ centred: this.grey && this.centre.checked, inverted: this.invert.checked });
    try {
      const body = JSON.stringify({ image: btoa(String.fromCharCode(...image)), maps: drawn.map(({ query }) => query) });
      const answer = await ask(`${this.board.url}/own`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (this.shown) this.show(image, drawn, answer);
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  show(image, drawn, { values, arrays }) {
    this.places = new Map(drawn.map(({ key }, i) => [key, values.places[i]]));
    const rows = [this.figures([["Given to the model", picture({ shape: [1, ...this.shape], data: image }, 0)], ["Its reconstruction", picture(arrays.reconstruction, 0)]])];
    for (const of of ["pixels", "code"]) if (arrays[`near_${of}`]) rows.push(this.nearest(of, values, arrays));
    this.results.replaceChildren(...rows);
    this.note.textContent = `${this.judged(values)} In PCA and in a code of two numbers the star stands exactly where the image belongs; in the other maps between the five training images that it is nearest to. A hollow star lies beyond the edge.`;
    this.root.dataset.shown = (+this.root.dataset.shown || 0) + 1;
    this.board.panels.forEach((panel) => panel.mark());
  }

  judged({ error, larger_than, tested, step }) {
    if (error === null) return `Model of step ${step}: its reconstruction is no image.`;
    const share = Math.round((100 * larger_than) / tested);
    return `Mean squared error per pixel ${error.toPrecision(2)}: larger than that of ${share} % of ${tested.toLocaleString("en")} test images (model of step ${step}).`;
  }

  figures(pairs) {
    return make("div", { class: "ael-own-row" }, ...pairs.map(([words, canvas]) => {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", words);
      return make("figure", {}, canvas, make("figcaption", {}, words));
    }));
  }

  nearest(of, { classes, known }, arrays) {
    const [near, labels, distances] = ["near", "labels", "distances"].map((name) => arrays[`${name}_${of}`]);
    const pairs = Array.from(labels.data, (label, i) => [`${classes[label]} · ${distances.data[i].toPrecision(2)}`, picture(near, i)]);
    const title = `Nearest of ${known.toLocaleString("en")} training images in ${of === "code" ? "the code" : "pixels"}, with class and distance`;
    return make("div", {}, make("small", {}, title), this.figures(pairs));
  }
}
