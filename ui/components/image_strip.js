// The fixed test images in blocks of rows: original, what the encoder sees, reconstruction.

const SMALLEST = 44; // pixels of a cell below which the strip breaks into two blocks
const LARGEST = 76;
const BLOCK_GAP = 6;

class ImageStrip {
  constructor() {
    this.canvas = make("canvas", { class: "ael-images", role: "img" });
  }

  /** Draw a snapshot beside the fixed images; returns the sentence that names the rows. */
  draw(fixed, { arrays, step }) {
    const { originals, inputs } = fixed.arrays;
    const damaged = fixed.values.corruption !== "none";
    const rows = [originals, ...(damaged ? [inputs] : []), arrays.reconstructions];
    const width = this.canvas.clientWidth;
    const count = originals.shape[0];
    if (width) this.paint(rows, count, width);
    this.canvas.setAttribute("aria-label", `${count} test ${fixed.values.noun}s and their reconstructions at step ${step}`);
    return damaged ? "rows: original · what the encoder sees · reconstruction" : "above: original · below: reconstruction";
  }

  paint(rows, count, width) {
    const columns = width / count < SMALLEST ? Math.ceil(count / 2) : count;
    const cell = Math.min(LARGEST, width / columns);
    const blocks = Math.ceil(count / columns);
    const block = rows.length * cell + BLOCK_GAP;
    const context = sized(this.canvas, width, blocks * block - BLOCK_GAP);
    for (let i = 0; i < count; i++) {
      const x = (i % columns) * cell;
      const top = Math.floor(i / columns) * block;
      rows.forEach((row, r) => context.drawImage(picture(row, i), x + 1, top + r * cell + 1, cell - 2, cell - 2));
    }
  }
}
