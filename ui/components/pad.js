// A pad to draw on, or to put an uploaded image on, and what a model is given of it.

const INK = { colour: "#fff", width: 0.085 }; // the width as a share of the pad: two to three pixels of 28
const ERASER = { colour: "#000", width: 2 * INK.width };
const SOFT = 0.015; // how far its edge is blurred
const FINE = 224; // pixels of the pad's shorter side at least

class Pad {
  /** shape: [C, H, W] of the model's images; extent: how much of an image its ink takes up, 0 to 1. */
  constructor([channels, height, width], extent, changed) {
    Object.assign(this, { channels, height, width, extent, changed });
    this.fold = Math.max(8, Math.ceil(FINE / Math.min(width, height))); // pad pixels on a side of one of the image's
    this.canvas = make("canvas", {
      class: "ael-pad", width: width * this.fold, height: height * this.fold, role: "img",
      "aria-label": "Drawing pad, by mouse, pen or finger. Without one of them, upload an image instead.",
      onpointerdown: (event) => this.down(event), onpointermove: (event) => this.move(event),
      onpointerup: () => this.up(), onpointercancel: () => this.up(),
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.pen = INK;
    this.clear();
  }

  clear() {
    this.picture = null;
    this.fill("#000");
  }

  fill(colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.canvas.width, ((event.clientY - box.top) / box.height) * this.canvas.height];
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.at(event);
    this.stroke(this.last);
  }

  move(event) {
    if (this.last) this.stroke(this.at(event));
  }

  up() {
    if (!this.last) return;
    this.last = null;
    this.changed();
  }

  stroke(to) {
    const size = Math.min(this.canvas.width, this.canvas.height);
    const { context } = this;
    context.save();
    context.strokeStyle = context.shadowColor = this.pen.colour;
    context.shadowBlur = SOFT * size;
    context.lineWidth = this.pen.width * size;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...this.last);
    context.lineTo(...to);
    context.stroke();
    context.restore();
    this.last = to;
  }

  /** Put an image (what createImageBitmap gives) on the pad: whole, in the middle, as large as fits. */
  put(picture, inverted) {
    const { width, height } = this.canvas;
    const scale = Math.min(width / picture.width, height / picture.height);
    const [wide, tall] = [picture.width * scale, picture.height * scale];
    this.fill(inverted ? "#fff" : "#000"); // dark, once inverted
    this.context.imageSmoothingEnabled = scale < 1; // a small image keeps its pixels
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(picture, (width - wide) / 2, (height - tall) / 2, wide, tall);
    this.picture = picture;
  }

  /** What the model is given: C·H·W bytes, channel after channel. */
  read({ centred, inverted }) {
    const pixels = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    if (inverted) for (let at = 0; at < pixels.data.length; at++) if (at % 4 < 3) pixels.data[at] = 255 - pixels.data[at];
    return this.folded(centred ? this.centred(pixels) : pixels);
  }

  /** Each pixel of the image is the mean of the pad's pixels in its place. */
  folded({ data }) {
    const plane = this.width * this.height;
    const sums = new Float64Array(this.channels * plane);
    for (let y = 0; y < this.canvas.height; y++) {
      for (let x = 0; x < this.canvas.width; x++) {
        const at = 4 * (y * this.canvas.width + x);
        const pixel = Math.floor(y / this.fold) * this.width + Math.floor(x / this.fold);
        if (this.channels === 1) sums[pixel] += grey(data, at);
        else for (let c = 0; c < 3; c++) sums[c * plane + pixel] += data[at + c];
      }
    }
    return Uint8Array.from(sums, (sum) => Math.round(sum / this.fold ** 2));
  }

  /**
   * The ink as large as that of the data set's images, its centre of mass in the middle as far as
   * nothing is cut off: what MNIST's authors did (LeCun et al. 1998, section III.A).
   */
  centred(pixels) {
    const { width, height } = this.canvas;
    const box = inkBox(pixels);
    if (!box) return pixels;
    const scale = this.extent / Math.max((box.right - box.left) / width, (box.bottom - box.top) / height);
    const shift = (size, low, high, mean) => {
      const [first, last] = [-scale * low, size - scale * high]; // shifts that leave it touch an edge
      return Math.max(Math.min(first, last), Math.min(Math.max(first, last), size / 2 - scale * mean));
    };
    const source = make("canvas", { width, height });
    source.getContext("2d").putImageData(pixels, 0, 0);
    const context = make("canvas", { width, height }).getContext("2d");
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.setTransform(scale, 0, 0, scale, shift(width, box.left, box.right, box.x), shift(height, box.top, box.bottom, box.y));
    context.drawImage(source, 0, 0);
    return context.getImageData(0, 0, width, height);
  }
}

/** Brightness of the pixel at a place of RGBA data, 0 to 255 (ITU-R BT.601). */
function grey(data, at) {
  return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
}

/** The box around the ink and its centre of mass; null where there is none. */
function inkBox({ data, width, height }) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  let [mass, x, y] = [0, 0, 0];
  for (let at = 0; at < width * height; at++) {
    const value = grey(data, 4 * at);
    const [column, row] = [at % width, Math.floor(at / width)];
    [mass, x, y] = [mass + value, x + value * (column + 0.5), y + value * (row + 0.5)];
    if (value < 128) continue;
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column + 1);
    box.top = Math.min(box.top, row);
    box.bottom = Math.max(box.bottom, row + 1);
  }
  return box.right ? { ...box, x: x / mass, y: y / mass } : null;
}
