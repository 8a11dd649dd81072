// Thousands of marks straight into a canvas's pixels: no library, no WebGL, a few milliseconds.

const CELL = 24; // CSS pixels of the grid that finds the point under the pointer

const STAMPS = new Map(); // by radius: to make some takes as long as to draw thousands of points

/** Which pixels a mark covers: offsets of each shape of `drawMark`, at a radius in pixels. */
function stamps(radius) {
  const key = radius.toFixed(1);
  if (!STAMPS.has(key)) STAMPS.set(key, SHAPES.map((_, label) => stamp(+key, label)));
  return STAMPS.get(key);
}

function stamp(radius, label) {
  const size = 2 * Math.ceil(1.4 * radius) + 1;
  const canvas = make("canvas", { width: size, height: size });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const middle = size >> 1;
  drawMark(context, middle + 0.5, middle + 0.5, radius, label);
  const { data } = context.getImageData(0, 0, size, size);
  const offsets = [];
  for (let pixel = 0; pixel < size * size; pixel++) {
    if (data[4 * pixel + 3] > 110) offsets.push((pixel % size) - middle, Math.floor(pixel / size) - middle);
  }
  return Int16Array.from(offsets);
}

/** "#rrggbb" as the number that a canvas's pixels hold. */
function packed(colour, alpha = 255) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * Draw points into a canvas of the screen's own pixels.
 * xy: places in canvas pixels, interleaved; colours: what `packed` gives, one a point;
 * shapes: one a point; order: which points, the last on top.
 */
function splat(canvas, xy, colours, shapes, order, radius) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const marks = stamps(radius);
  const reach = Math.ceil(1.4 * radius) + 1;
  const rows = marks.map((mark) => Int32Array.from({ length: mark.length / 2 }, (_, at) => mark[2 * at + 1] * width + mark[2 * at]));
  for (let at = 0; at < order.length; at++) {
    const i = order[at];
    const x = Math.round(xy[2 * i]);
    const y = Math.round(xy[2 * i + 1]);
    const colour = colours[i];
    if (x >= reach && y >= reach && x < width - reach && y < height - reach) {
      const row = rows[shapes[i]];
      const start = y * width + x;
      for (let step = 0; step < row.length; step++) pixels[start + row[step]] = colour;
    } else if (x > -reach && y > -reach && x < width + reach && y < height + reach) {
      const mark = marks[shapes[i]];
      for (let step = 0; step < mark.length; step += 2) {
        const px = x + mark[step];
        const py = y + mark[step + 1];
        if (px >= 0 && py >= 0 && px < width && py < height) pixels[py * width + px] = colour;
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/** Finds the point nearest to a place among points in CSS pixels, by way of a grid. */
class Finder {
  constructor(xy, width, height) {
    this.xy = xy;
    this.columns = Math.ceil(width / CELL);
    this.rows = Math.ceil(height / CELL);
    const count = xy.length / 2;
    const cells = new Int32Array(count); // of each point; -1 outside of the picture
    this.starts = new Int32Array(this.columns * this.rows + 1);
    for (let i = 0; i < count; i++) {
      cells[i] = this.cell(Math.floor(xy[2 * i] / CELL), Math.floor(xy[2 * i + 1] / CELL));
      if (cells[i] >= 0) this.starts[cells[i] + 1]++;
    }
    for (let cell = 0; cell < this.starts.length - 1; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.points = new Int32Array(this.starts[this.starts.length - 1]);
    for (let i = 0; i < count; i++) if (cells[i] >= 0) this.points[next[cells[i]]++] = i;
  }

  cell(column, row) {
    return column >= 0 && row >= 0 && column < this.columns && row < this.rows ? row * this.columns + column : -1;
  }

  /** The nearest point within a cell's width that `among` lets pass; -1 for none. */
  nearest(x, y, among) {
    let [found, distance] = [-1, CELL ** 2];
    const [column, row] = [Math.floor(x / CELL), Math.floor(y / CELL)];
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const cell = this.cell(column + dx, row + dy);
        for (let at = this.starts[cell]; cell >= 0 && at < this.starts[cell + 1]; at++) {
          const i = this.points[at];
          const d = (this.xy[2 * i] - x) ** 2 + (this.xy[2 * i + 1] - y) ** 2;
          if (d < distance && among(i)) [found, distance] = [i, d];
        }
      }
    }
    return found;
  }
}

/** A test whether a place lies within a polygon of [x, y] corners (even-odd rule). */
function within(corners) {
  const xs = Float64Array.from(corners, ([x]) => x);
  const ys = Float64Array.from(corners, ([, y]) => y);
  const count = xs.length;
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return (x, y) => {
    if (!(x >= left && x <= right && y >= top && y <= bottom)) return false;
    let inside = false;
    for (let i = 0, j = count - 1; i < count; j = i++) {
      if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) inside = !inside;
    }
    return inside;
  };
}

/** Bits of a mask, the first in the lowest bit of the first byte, as base64. */
function bits(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) bytes[i >> 3] |= mask[i] << (i & 7);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The mask that `bits` wrote, for `count` points. */
function unbits(text, count) {
  const bytes = atob(text);
  return Uint8Array.from({ length: count }, (_, i) => (bytes.charCodeAt(i >> 3) >> (i & 7)) & 1);
}
