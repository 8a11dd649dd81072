// A pad with a test image on it that a person draws over: it knows what was touched, and takes back.

const STROKES_KEPT = 30; // that can be taken back; each holds the pad's pixels twice

class BrushPad extends Pad {
  /** changed: after a stroke, and when one is taken back; drawing: while one is drawn. */
  constructor(shape, changed, drawing) {
    super(shape, 1, changed);
    this.drawing = drawing;
    this.touched = new Pad([1, this.height, this.width], 1, () => {}); // the same strokes, white on black
    this.kept = [];
    this.canvas.setAttribute("aria-label", "The test image, to be drawn over by mouse, pen or finger");
  }

  /** Begin with an image, a canvas of the image's own size. */
  begin(image) {
    this.last = null;
    this.kept = [];
    this.touched.clear();
    this.put(image, false);
  }

  down(event) {
    this.kept = [...this.kept, [this, this.touched].map((pad) => pad.context.getImageData(0, 0, pad.canvas.width, pad.canvas.height))].slice(-STROKES_KEPT);
    super.down(event);
    this.drawing();
  }

  move(event) {
    if (!this.last) return;
    super.move(event);
    this.drawing();
  }

  stroke(to) {
    Object.assign(this.touched, { pen: { ...this.pen, colour: "#fff" }, last: this.last });
    this.touched.stroke(to);
    super.stroke(to);
  }

  undo() {
    if (this.last || !this.kept.length) return;
    const before = this.kept.pop();
    [this, this.touched].forEach((pad, which) => pad.context.putImageData(before[which], 0, 0));
    this.changed();
  }

  /** What was drawn: bytes of the image, and one for each place, not 0 where a stroke has touched it. */
  drawn() {
    const plain = { centred: false, inverted: false };
    return [this.read(plain), this.touched.read(plain)];
  }
}
