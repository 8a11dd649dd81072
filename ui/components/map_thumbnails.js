// Images in place of points, where few enough are in view.

const MOST_SHOWN = 300; // images in view of one map
const LARGEST = 44; // CSS pixels
const SMALLEST = 14;
const AT_ONCE = 400; // images that the server sends at a time

class Thumbnails {
  constructor(board) {
    this.board = board;
    this.taken = new Map(); // row to canvas; null while it is on its way
  }

  /** Draw images over the points of a panel, if it is zoomed in far enough for them. */
  draw(panel, ratio) {
    panel.box.dataset.thumbnails = 0;
    if (!this.board.view.images || panel.view.zoom <= 1) return;
    const { width, height } = panel.scale;
    const seen = [];
    for (const i of panel.look.order) {
      const x = panel.xy[2 * i];
      const y = panel.xy[2 * i + 1];
      if (x > 0 && y > 0 && x < width && y < height && seen.push(i) > MOST_SHOWN) return;
    }
    this.fetch(seen.filter((i) => !this.taken.has(i)));
    const size = Math.max(SMALLEST, Math.min(LARGEST, 0.7 * Math.sqrt((width * height) / Math.max(1, seen.length))));
    const context = panel.dots.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    context.lineWidth = 2;
    let drawn = 0;
    for (const i of seen) {
      const image = this.taken.get(i);
      if (!image) continue;
      const [x, y] = [panel.xy[2 * i] - size / 2, panel.xy[2 * i + 1] - size / 2];
      context.drawImage(image, x, y, size, size);
      context.strokeStyle = unpacked(panel.look.colours[i]);
      context.strokeRect(x, y, size, size);
      drawn++;
    }
    panel.box.dataset.thumbnails = drawn;
  }

  async fetch(rows) {
    for (let start = 0; start < rows.length; start += AT_ONCE) {
      const some = rows.slice(start, start + AT_ONCE);
      some.forEach((i) => this.taken.set(i, null));
      try {
        const { arrays } = await ask(`${this.board.url}/thumbnails?rows=${some.join(",")}`);
        some.forEach((i, at) => this.taken.set(i, picture(arrays.images, at)));
        this.board.draw();
      } catch {
        some.forEach((i) => this.taken.delete(i)); // the next drawing asks again
      }
    }
  }
}
