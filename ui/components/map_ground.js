// What lies under the points of a map: decoded images, land where no training images live.

const TILE = 34; // CSS pixels of a decoded image, about
const MOST_TILES = 24; // along each side
const REST = 120; // ms that a view must rest before its ground is asked for
const UNDER = {
  nothing: "Nothing",
  decoded: "Decoded samples",
  empty: "Land without training samples",
  back: "Error of decoding and encoding again",
};

class MapGround {
  constructor(panel) {
    this.panel = panel;
    this.canvas = make("canvas", { class: "ael-under", "aria-hidden": "true" });
  }

  get kind() {
    return this.panel.land ? this.panel.board.view.under : "nothing";
  }

  /** Draw what is there, and have what the view now shows asked for. */
  draw(width, height, ratio) {
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    clearTimeout(this.timer);
    if (this.kind === "nothing") return void (this.tiles = null);
    this.paint(ratio);
    this.timer = setTimeout(() => this.refine(width, height), this.tiles ? REST : 0);
  }

  async refine(width, height) {
    const { panel } = this;
    const asked = `${panel.viewKey()}|${this.kind === "decoded"}`;
    if (asked === this.known || this.kind === "nothing") return;
    const fine = this.kind === "decoded" ? TILE : TILE / 2;
    const [columns, rows] = [width, height].map((size) => Math.max(1, Math.min(MOST_TILES, Math.round(size / fine))));
    const corner = panel.onMap(0, 0);
    const [right, below] = [panel.onMap(width, 0), panel.onMap(0, height)];
    const edges = { x: corner[0], y: corner[1], across_x: right[0] - corner[0], across_y: right[1] - corner[1], down_x: below[0] - corner[0], down_y: below[1] - corner[1], columns, rows };
    try {
      const { arrays } = await ask(`${panel.url}/plane?${new URLSearchParams({ map: panel.query, step: panel.board.step, ...edges })}`);
      this.known = asked;
      this.tiles = { arrays, columns, rows, corner, right, below };
      panel.later();
      panel.box.dataset.ground = this.kind;
    } catch (error) {
      panel.say(error.message);
    }
  }

  paint(ratio) {
    if (!this.tiles) return;
    const { arrays, columns, rows, corner, right, below } = this.tiles;
    const context = this.canvas.getContext("2d");
    const [x0, y0] = this.panel.toScreen(...corner);
    const [width, height] = [this.panel.toScreen(...right)[0] - x0, this.panel.toScreen(...below)[1] - y0];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.kind === "decoded") {
      context.imageSmoothingEnabled = false;
      const [w, h] = [width / columns, height / rows];
      for (let at = 0; at < columns * rows; at++) context.drawImage(this.tile(at), x0 + (at % columns) * w, y0 + Math.floor(at / columns) * h, w + 0.5, h + 0.5);
      return;
    }
    context.imageSmoothingEnabled = true;
    const shade = this.kind === "empty" ? emptiness(arrays.far.data, isDark(this.panel.box)) : errors(arrays.back.data);
    context.drawImage(shaded(columns, rows, shade), x0, y0, width, height);
  }

  /** A decoded image as a canvas, made once. */
  tile(at) {
    const made = (this.tiles.made = this.tiles.made || []);
    return (made[at] = made[at] || picture(this.tiles.arrays.images, at));
  }

  close() {
    clearTimeout(this.timer);
  }
}

/** Grey from where the next training image is farther than usual, full at four times that. */
function emptiness(far, dark) {
  const grey = dark ? 255 : 0;
  return (at) => [grey, grey, grey, 75 * Math.max(0, Math.min(1, (far[at] - 1) / 3))];
}

/** Viridis from no error to one as large as codes usually lie from their average. */
function errors(back) {
  const scale = VIRIDIS.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  return (at) => [...scale[Math.min(scale.length - 1, Math.floor(Math.min(1, back[at]) * scale.length))], 150];
}

function shaded(columns, rows, colour) {
  const canvas = make("canvas", { width: columns, height: rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let at = 0; at < columns * rows; at++) image.data.set(colour(at), 4 * at);
  context.putImageData(image, 0, 0);
  return canvas;
}
